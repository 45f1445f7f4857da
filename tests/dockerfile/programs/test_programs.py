"""What commands install and build."""

from __future__ import annotations

import pytest

from barehull.dockerfile.programs.builds import builds_language
from barehull.dockerfile.programs.go_build import GoBuild, go_builds, go_settings
from barehull.dockerfile.programs.installs import installs
from barehull.dockerfile.shell.commands import commands


def installed(script: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(found.manager, found.packages) for found in installs(commands(script).commands)]


def build_of(script: str) -> GoBuild:
    (build,) = go_builds(commands(script).commands)
    return build


@pytest.mark.parametrize(
    ("script", "manager", "packages"),
    [
        ("apt-get install -y --no-install-recommends a g++ libx-1.0", "apt", "a g++ libx-1.0"),
        ("apt-get -qq -o Dpkg::Use-Pty=0 install a=1.2* b/testing c:arm64 -y", "apt", "a b c"),
        ("apt install -t bookworm-backports a $PACKAGES ${B}=${V:-1}", "apt", "a $PACKAGES ${B}"),
        ("aptitude install a", "apt", "a"),
        ("DEBIAN_FRONTEND=noninteractive sudo apt-get install ./x_1.0.deb", "apt", "./x_1.0.deb"),
        ("dpkg -i x.deb", "apt", "x.deb"),
        ("apk --no-cache add a=1.2-r0 'b>1' c~=2 d@edge", "apk", "a b c d"),
        ("apk add --no-cache --virtual .deps a b", "apk", "a b"),
        ("apk add -t .deps -X https://x/y a !b", "apk", "a"),
        ("dnf install -y --setopt=tsflags=nodocs a b-1.2", "dnf", "a b-1.2"),
        ("yum -y install --enablerepo epel a", "dnf", "a"),
        ("microdnf module install nodejs:18", "dnf", "nodejs:18"),
        ("tdnf install a", "dnf", "a"),
        ("rpm -Uvh a.rpm", "dnf", "a.rpm"),
        ("zypper -n in --no-recommends 'a>=1' b", "zypper", "a b"),
        ("pip install flask==1.0 'Django[x]>=2; python_version<\"3\"' a~=1", "pip", "flask Django a"),
        ("pip3.11 install --no-cache-dir -r requirements.txt", "pip", ""),
        ("python3 -m pip install -U pip -e . --target /x -i https://x/simple a", "pip", "pip a"),
        ("pip install . .[dev] ./lib dist/a-1.0-py3-none-any.whl", "pip", "dist/a-1.0-py3-none-any.whl"),
        ("pip install git+https://x/y.git@v1#egg=why 'z @ https://x/z.zip'", "pip", "why z"),
        ("uv pip install --system a==1", "pip", "a"),
        ("uv sync --frozen --no-dev", "pip", ""),
        ("uv tool install ruff@0.1", "pip", "ruff"),
        ("pipx install poetry==1.8", "pip", "poetry"),
        ("pipenv install --deploy", "pip", ""),
        ("python setup.py install", "pip", ""),
        ("poetry install --only main", "poetry", ""),
        ("poetry run pip install a", "pip", "a"),
        ("conda install -y -n base -c conda-forge a=1.2 conda-forge::b", "conda", "a b"),
        ("micromamba create -n x -f env.yaml", "conda", ""),
        ("conda env create -f env.yml", "conda", ""),
        ("conda run -n x pip install a", "pip", "a"),
        ("npm install -g a@1.2 @b/c@^2 --registry https://x", "npm", "a @b/c"),
        ("npm ci --omit=dev", "npm", ""),
        ("npm --prefix web i", "npm", ""),
        ("yarn", "npm", ""),
        ("yarn install --frozen-lockfile", "npm", ""),
        ("yarn global add a@1", "npm", "a"),
        ("corepack pnpm add a", "npm", "a"),
        ("npx -y a@1 b", "npm", "a"),
        ("gem install a -v 1.2 b:2", "gem", "a b"),
        ("bundle install --jobs 4", "gem", ""),
        ("bundle", "gem", ""),
        ("cargo +nightly install --locked a@1 --version 2", "cargo", "a"),
        ("cargo install --path .", "cargo", ""),
        ("go install x.org/y@v1.2", "go", "x.org/y"),
        ("go get -u x.org/y", "go", "x.org/y"),
    ],
)
def test_packages_are_named_without_versions_and_options(script: str, manager: str, packages: str) -> None:
    assert installed(script) == [(manager, tuple(packages.split()))]


@pytest.mark.parametrize(
    "script",
    [
        "apt-get update",
        "apt-get remove a",
        "apk del a",
        "dpkg -l x",
        "rpm -q x",
        "pip list",
        "pip uninstall a",
        "npm run build",
        "yarn build",
        "npx --no-install tsc",
        "go install ./...",
        "go mod download",
        "cargo build",
        "echo pip install a",
        "conda clean -a",
        "python -c 'import pip'",
    ],
)
def test_other_commands_install_nothing(script: str) -> None:
    assert installed(script) == []


def test_installs_keep_their_order_and_command() -> None:
    found = installs(commands("apk add a && if x; then pip install b; fi").commands)
    assert [install.packages for install in found] == [("a",), ("b",)]
    assert [install.command.conditional for install in found] == [False, True]


@pytest.mark.parametrize(
    ("script", "cgo", "goos"),
    [
        ("CGO_ENABLED=0 GOOS=linux go build", "0", "linux"),
        ("export CGO_ENABLED=0 && cd x && GOOS=${TARGETOS:-linux} go build", "0", "${TARGETOS:-linux}"),
        ("CGO_ENABLED=0; GOOS=linux; go build", None, None),
        ("go env -w CGO_ENABLED=0 GOOS=linux && go build", "0", "linux"),
        ("go env -w CGO_ENABLED=0 && go env -u CGO_ENABLED && go build", None, None),
        ("go env -w CGO_ENABLED=0 && CGO_ENABLED=1 go build", "1", None),
        ("export CGO_ENABLED=0; unset CGO_ENABLED; go build", "", None),
        ("env CGO_ENABLED=0 go1.22.1 build", "0", None),
        ("if x; then export CGO_ENABLED=0; fi; /usr/local/go/bin/go install", "$CGO_ENABLED", None),
        ("xx-go build", None, "${TARGETOS}"),
        ("go build", None, None),
    ],
)
def test_a_go_build_has_the_settings_of_its_script(script: str, cgo: str | None, goos: str | None) -> None:
    build = build_of(script)
    assert (build.cgo, build.goos) == (cgo, goos)


@pytest.mark.parametrize(
    ("script", "everything", "output", "packages"),
    [
        ("go build -o x -a .", True, "x", "."),
        ("go build -a -tags 'a b' -ldflags '-s -w' -o=x ./cmd", True, "x", "./cmd"),
        ("go build --o x . -a", True, "x", "."),
        ("go build -a=false ./...", False, "", "./..."),
        ("GOFLAGS='-mod=mod -a' go build", True, "", ""),
        ("go build -ldflags -a -o x", False, "x", ""),
        ("go build -C sub -gcflags='all=-N -l' main.go $FILES", False, "", "main.go $FILES"),
        ("go build -o -a", False, "-a", ""),
    ],
)
def test_flags_of_a_go_build_stand_anywhere(script: str, everything: bool, output: str, packages: str) -> None:
    build = build_of(script)
    assert (build.all, build.output, build.packages) == (everything, output, tuple(packages.split()))


def test_go_install_of_a_module_at_a_version_is_remote() -> None:
    assert build_of("go install x.org/y@latest").remote
    assert not build_of("go install ./...").remote
    assert not build_of("go build x.org/y").remote


@pytest.mark.parametrize(
    "script", ["go get x.org/y", "go mod download", "go test ./...", "go", "echo go build", "go-x build"]
)
def test_other_commands_are_no_go_builds(script: str) -> None:
    assert go_builds(commands(script).commands) == ()


def test_what_go_env_has_set_holds_for_later_scripts() -> None:
    known = go_settings(commands("go env -w CGO_ENABLED=0 && go env -w GOOS=linux").commands)
    assert known == {"CGO_ENABLED": "0", "GOOS": "linux"}
    (build,) = go_builds(commands("go build").commands, known)
    assert (build.cgo, build.goos) == ("0", "linux")
    assert go_settings(commands("go env -u GOOS; go env GOPATH").commands, known) == {"CGO_ENABLED": "0"}


@pytest.mark.parametrize(
    ("script", "language"),
    [
        ("go build", "go"),
        ("go install ./...", "go"),
        ("ko build ./cmd", "go"),
        ("goreleaser release", "go"),
        ("go test ./...", ""),
        ("go mod download", ""),
        ("go version", ""),
        ("pip install -r x", "python"),
        ("python3 -m build", "python"),
        ("python setup.py bdist_wheel", "python"),
        ("uv sync", "python"),
        ("poetry install", "python"),
        ("python app.py", ""),
        ("./build x", ""),
        ("npm ci", "node"),
        ("npm run build:prod", "node"),
        ("npm --prefix web run build", "node"),
        ("yarn", "node"),
        ("yarn build", "node"),
        ("yarn workspace web build", "node"),
        ("npx ng build --prod", "node"),
        ("npx vite build", "node"),
        ("tsc -p .", "node"),
        ("npm start", ""),
        ("npm run lint", ""),
        ("npm cache clean", ""),
        ("npm test", ""),
        ("./mvnw -B package", "java"),
        ("./gradlew build", "java"),
        ("javac X.java", "java"),
        ("mvn --version", ""),
        ("cargo build --release", "rust"),
        ("cargo +nightly build", "rust"),
        ("cargo test", ""),
        ("dotnet publish -c Release", "dotnet"),
        ("dotnet test", ""),
        ("bundle install", "ruby"),
        ("bundle exec rake", ""),
        ("composer install", "php"),
        ("docker-php-ext-install pdo", "php"),
        ("mix release", "elixir"),
        ("gcc -o x x.c", "cpp"),
        ("x86_64-linux-gnu-g++-12 x.cc", "cpp"),
        ("cmake --build .", "cpp"),
        ("clang-format x", ""),
        ("gcc --version", ""),
        ("make -C x", "make"),
        ("bazel build //...", "make"),
        ("mage", "make"),
        ("make --version", ""),
        ("curl x", ""),
    ],
)
def test_a_command_builds_for_its_language(script: str, language: str) -> None:
    (command,) = commands(script).commands
    assert builds_language(command) == language
