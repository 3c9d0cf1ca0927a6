import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "./run.mjs";

/** Where a project's counts lie after its run. */
export const countsFile = (project) => join(ROOT, ".build", "test", `${project}.json`);

/** A vitest reporter that writes down what setup's last lines need: counts, and each skipped test with its reason. */
export default class CountReporter {
  onTestRunEnd(modules, errors) {
    const [first] = modules;
    if (!first) return;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const having = (state) => tests.filter((test) => test.result().state === state);
    const loadFailures = modules.filter((module) => module.errors().length > 0);
    const suiteFailures = modules.flatMap((module) =>
      [...module.children.allSuites()].filter((suite) => suite.errors().length > 0),
    );
    const counts = {
      passed: having("passed").length,
      failed: having("failed").length + loadFailures.length + suiteFailures.length + errors.length,
      skipped: having("skipped").map(lineOf),
    };
    const file = countsFile(first.project.name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(counts));
  }
}

function lineOf(test) {
  const why = test.result().note ?? "the test does not say why";
  return `${relative(ROOT, test.module.moduleId)}: ${test.fullName}: ${why}`;
}
