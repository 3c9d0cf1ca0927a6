import { describeDriver } from "./driver-conformance.ts";
import { ShimBench } from "./shim-bench.ts";

describeDriver("shim", () => ShimBench.make());
