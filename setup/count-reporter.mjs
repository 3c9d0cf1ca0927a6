import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "./run.mjs";

/** Where a project's counts lie after its run. */
export const countsFile = (project) => join(ROOT, ".build", "test", `${project}.json`);

/**
 * A vitest reporter that writes down what setup's last lines need: how many passed, and by name, with the reason, what
 * failed and what was skipped.
 */
export default class CountReporter {
  onTestRunEnd(modules, errors) {
    const [first] = modules;
    if (!first) return;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const having = (state) => tests.filter((test) => test.result().state === state);
    const suites = modules.flatMap((module) => [...module.children.allSuites()]);
    const isBroken = (part) => part.errors().length > 0;
    const counts = {
      passed: having("passed").length,
      failed: [
        ...having("failed").map((test) => failureOf(nameOf(test), test.result().errors)),
        ...suites.filter(isBroken).map((suite) => failureOf(nameOf(suite), suite.errors())),
        ...modules.filter(isBroken).map((module) => failureOf(fileOf(module), module.errors())),
        ...errors.map((error) => failureOf("outside of any test", [error])),
      ],
      skipped: having("skipped").map(skipOf),
    };
    const file = countsFile(first.project.name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(counts));
  }
}

const fileOf = (module) => relative(ROOT, module.moduleId);
const nameOf = (part) => `${fileOf(part.module)}: ${part.fullName}`;

function skipOf(test) {
  return `${nameOf(test)}: ${test.result().note ?? "the test does not say why"}`;
}

function failureOf(name, [error]) {
  const [first = "no message"] = stripVTControlCharacters(error?.message ?? "").split("\n");
  return `${name}: ${first}`;
}
