// Compares with npm's semver, one JSON array a line: [a, b] -> -1, 0, 1, or null where one is no version;
// and ["satisfies", version, range] -> true or false, or null where the range is none.
const semver = require("semver");
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [first, second, range] = JSON.parse(line);
  let answer;
  if (first === "satisfies") {
    answer = semver.validRange(range) === null ? null : semver.satisfies(second, range, { includePrerelease: true });
  } else {
    answer = semver.valid(first) && semver.valid(second) ? semver.compare(first, second) : null;
  }
  console.log(JSON.stringify(answer));
});
