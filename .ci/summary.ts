/** Adds up the test report and the checks: `node .ci/summary.ts REPORT CHECK_EXIT TEST_EXIT`. */
import { readFileSync } from "node:fs";

const [path = "", check = "1", tests = "1"] = process.argv.slice(2);

function counts(): { passed: number; failed: number; skipped: number } {
  try {
    const report = JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
    return {
      passed: report["numPassedTests"] ?? 0,
      failed: report["numFailedTests"] ?? 0,
      skipped: (report["numPendingTests"] ?? 0) + (report["numTodoTests"] ?? 0),
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

const { passed, failed, skipped } = counts();
const checkFailed = check === "0" ? 0 : 1;
// A run that failed without a failed test (a file that does not load) counts as one failure.
const runFailed = tests !== "0" && failed === 0 ? 1 : 0;
const failures = failed + checkFailed + runFailed;
console.log(`${passed + 1 - checkFailed} passed, ${failures} failed, ${skipped} skipped`);
process.exit(failures === 0 && passed > 0 ? 0 : 1);
