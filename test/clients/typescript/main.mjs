// The vendor's SDK as a test: every call is made twice, straight to a recording
// upstream and through the facade in front of it. Neither the upstream nor the
// SDK's caller may be able to tell which was which.
//
// The upstream's URL is the first line on stdout; the URL of a facade in front
// of it is awaited as the first line on stdin. Environment: SEED makes other
// cases, CASES is how many of an operation's cases are random.

import { once } from "node:events";
import { createInterface } from "node:readline";

import { Users } from "@wingspan/users";

import { observe } from "./call.mjs";
import { casesOf } from "./cases.mjs";
import { differences, show } from "./compare.mjs";
import { operations } from "./operations.mjs";
import { Upstream } from "./upstream.mjs";
import { Random } from "./values.mjs";

const leastCases = 40;
const shownFailures = 3;
const shownDifferences = 6;

const seed = Number(process.env.SEED || 1);
const randomCount = Number(process.env.CASES || leastCases);

// check runs a case and returns what is wrong with it.
async function check(operation, testCase, urls, upstream, kinds) {
  const direct = await observe(urls.direct, operation, testCase, upstream);
  const facade = await observe(urls.facade, operation, testCase, upstream);
  kinds.set(direct.outcome.kind, (kinds.get(direct.outcome.kind) ?? 0) + 1);
  const problems = differences(direct, facade);
  // Two calls that failed alike for a fault of the test's own would prove nothing.
  if (testCase.calls !== null && direct.upstream.length !== testCase.calls) {
    problems.push(`the straight call made ${direct.upstream.length} requests instead of ${testCase.calls}`);
  }
  return problems;
}

async function run(operation, number, urls, upstream) {
  const cases = casesOf(operation, new Random(seed * 1000 + number), randomCount);
  const kinds = new Map();
  const failures = [];
  for (const [i, testCase] of cases.entries()) {
    const problems = await check(operation, testCase, urls, upstream, kinds);
    if (problems.length > 0) {
      failures.push({ i, testCase, problems });
    }
  }
  if (cases.length < leastCases) {
    failures.push({ i: cases.length, testCase: { label: "too few cases" }, problems: [] });
  }
  const outcomes = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
  const verdict = failures.length === 0 ? "ok" : `${failures.length} FAILED`;
  console.log(`${operation.name}: ${cases.length} cases, ${verdict} (${outcomes})`);
  for (const { i, testCase, problems } of failures.slice(0, shownFailures)) {
    console.log(`  case ${i}: ${show(testCase.label)}`);
    problems.slice(0, shownDifferences).forEach((problem) => console.log(`    ${problem}`));
  }
  return { passed: cases.length - failures.length, failed: failures.length };
}

async function main() {
  const upstream = new Upstream();
  const urls = { direct: await upstream.listen() };
  console.log(urls.direct);
  const lines = createInterface({ input: process.stdin });
  [urls.facade] = await Promise.race([once(lines, "line"), once(lines, "close")]);
  if (!urls.facade) {
    throw new Error("no URL of a facade on stdin");
  }
  lines.close();
  console.log(`seed ${seed}, ${randomCount} random cases for each operation`);
  let passed = 0;
  let failed = 0;
  const api = Object.getPrototypeOf(new Users({ serverURL: urls.direct }).sessionAndAuthentication);
  for (const name of Object.getOwnPropertyNames(api)) {
    if (name !== "constructor" && !operations.some((operation) => operation.name === name)) {
      console.error(`operations.mjs lacks the SDK's ${name}`);
      failed++;
    }
  }
  for (const [number, operation] of operations.entries()) {
    const counts = await run(operation, number, urls, upstream);
    passed += counts.passed;
    failed += counts.failed;
  }
  upstream.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1); // a call that came to no end must not hold it up
}

await main();
