// Adds up Jest's own results and the steps around it, and prints the closing line.
import { readFile } from 'node:fs/promises';

const [failedSteps = '0', ...reports] = process.argv.slice(2);
const counts = { passed: 0, failed: Number(failedSteps), skipped: 0 };
for (const report of reports) {
  const result = JSON.parse(await readFile(report, 'utf8'));
  counts.passed += result.numPassedTests;
  counts.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  counts.skipped += result.numPendingTests + result.numTodoTests;
  for (const suite of result.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === 'pending') console.log(`skipped: ${test.fullName}`);
    }
  }
}
if (reports.length === 0 || counts.passed === 0) counts.failed += 1;
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
);
process.exitCode = counts.failed > 0 ? 1 : 0;
