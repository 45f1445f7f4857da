from __future__ import annotations

import pytest

STATIC = "FROM gcr.io/distroless/static:nonroot\n"
ALPINE = "FROM alpine:3.22\n"
PYTHON = "FROM gcr.io/distroless/python3-debian13:nonroot\n"

CASES = {
    "exec form": (f'{STATIC}ENTRYPOINT ["/m", "-c", "x"]\n', "pass", []),
    "exec form with arguments": (f'{STATIC}ENTRYPOINT ["/m"]\nCMD ["sh"]\n', "pass", []),
    "shell form, no shell": (f"{STATIC}ENTRYPOINT /m --port 80\n", "fail", [("error", "/m --port 80")]),
    "shell form on scratch": ("FROM scratch\nCMD /m\n", "fail", [("error", "/m")]),
    "shell form on the debug variant": (
        "FROM gcr.io/distroless/static:debug\nCMD /m\n",
        "pass",
        [("warning", "/m")],
    ),
    "shell form, with a shell": (f"{ALPINE}CMD /m\n", "pass", [("warning", "/m")]),
    "a shell in exec form": (f'{STATIC}CMD ["sh", "-c", "/m $A"]\n', "fail", [("error", '["sh", "-c", "/m $A"]')]),
    "a shell in exec form, with a shell": (
        f'{ALPINE}ENTRYPOINT ["/bin/bash", "-c", "gunicorn app:app"]\n',
        "pass",
        [("warning", '["/bin/bash", "-c", "gunicorn app:app"]')],
    ),
    "a shell behind an init": (
        f'{ALPINE}ENTRYPOINT ["/sbin/tini", "--", "sh", "-c", "/m"]\n',
        "pass",
        [("warning", '["/sbin/tini", "--", "sh", "-c", "/m"]')],
    ),
    "npm behind an init": (
        f'{ALPINE}ENTRYPOINT ["/sbin/tini", "--", "npm", "start"]\n',
        "pass",
        [("warning", '["/sbin/tini", "--", "npm", "start"]')],
    ),
    "a script": (f'{STATIC}ENTRYPOINT ["/run.sh"]\n', "fail", [("error", '["/run.sh"]')]),
    "a health check in shell form": (
        f'{STATIC}HEALTHCHECK CMD /m health\nENTRYPOINT ["/m"]\n',
        "fail",
        [("error", "/m health")],
    ),
    "no health check": (f'{STATIC}HEALTHCHECK NONE\nENTRYPOINT ["/m"]\n', "pass", []),
    "a RUN without a shell": (
        f'{STATIC}RUN chmod +x /m\nENTRYPOINT ["/m"]\n',
        "fail",
        [("error", "chmod +x /m")],
    ),
    "a RUN in exec form needs none": (f'{STATIC}RUN ["/m", "--init"]\nENTRYPOINT ["/m"]\n', "pass", []),
    "a RUN by a shell that was copied in": (
        f'{STATIC}COPY --from=busybox:1.37 /bin/sh /bin/sh\nRUN chmod +x /m\nENTRYPOINT ["/m"]\n',
        "pass",
        [],
    ),
    "the entrypoint of a parent stage counts": (
        f"{STATIC[:-1]} AS a\nENTRYPOINT /m\nFROM a\nUSER 1\n",
        "fail",
        [("error", "/m")],
    ),
    "a command behind a shell-form entrypoint is not used": (
        f"{ALPINE}CMD /n\nENTRYPOINT /m\n",
        "pass",
        [("warning", "/m")],
    ),
    "nothing is started": (f"{STATIC}COPY m /m\n", "not-applicable", []),
    "the interpreter is the entrypoint": (f'{PYTHON}CMD ["/main.py"]\n', "pass", [("note", '["/main.py"]')]),
    "the interpreter would get itself": (
        f'{PYTHON}CMD ["python3", "/main.py"]\n',
        "pass",
        [("warning", '["python3", "/main.py"]')],
    ),
    "shell form on a base that cannot be told": ("ARG B\nFROM $B\nCMD /m\n", "unknown", [("warning", "/m")]),
    "exec form on a base that cannot be told": ('ARG B\nFROM $B\nCMD ["/m"]\n', "pass", []),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_exec_form(ask, text: str, status: str, marks: list) -> None:
    told = ask("exec-form", text)
    assert (told.status, told.marks) == (status, marks)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{ALPINE}CMD /m --port 80\n", 'CMD ["/m", "--port", "80"]'),
        (f'{ALPINE}CMD ["sh", "-c", "exec /m -v"]\n', 'CMD ["/m", "-v"]'),
        (f"{ALPINE}CMD /m --level=${{LEVEL}}\n", "$(LEVEL)"),
        (f'{PYTHON}CMD ["python3", "/main.py"]\n', 'CMD ["/main.py"]'),
    ],
)
def test_the_advice_is_what_to_write(ask, text: str, wanted: str) -> None:
    assert wanted in ask("exec-form", text).messages


def test_a_command_that_uses_the_shell_is_not_rewritten_for_it(ask) -> None:
    told = ask("exec-form", f"{ALPINE}CMD /m && /n\n")
    assert '["/m"' not in told.messages
