import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const names = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The functions of Agones' end-to-end tests by theme, without `Test` before them. */
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  lifecycle: names(`
    CreateConnect HostName GameServerSelfAllocate GameServerReadyAllocateReady GameServerReserve GameServerShutdown
    DevelopmentGameServerLifecycle GameServerSlowStart GameServerPatch GameServerWithoutPort`),
  "SDK data": names(`
    SDKSetLabel SDKSetAnnotation Counters Lists GameServerSetPlayerCapacity PlayerConnectWithCapacityZero
    PlayerConnectAndDisconnect`),
  "health/crash": names(`
    HealthCheckDisable UnhealthyGameServerAfterHealthCheckFail UnhealthyGameServersWithoutFreePorts
    GameServerUnhealthyAfterDeletingPod GameServerRestartBeforeReadyCrash GameServerUnhealthyAfterReadyCrash
    GameServerPodCompletedAfterCleanExit GameServerEvicted SideCarCommunicatesWhileTerminating GracefulShutdown`),
  ports: names(`
    GameServerPassthroughPort GameServerPortPolicyNone GameServerTcpProtocol GameServerTcpUdpProtocol
    GameServerStaticTcpUdpProtocol GameServerStaticTcpProtocol GameServerStaticUdpProtocol
    GameServerWithPortsMappedToMultipleContainers GameServerWithPortsMappedToInitSidecarContainers`),
  validation: names(`
    GameServerResourceValidation GameServerPodTemplateSpecFailSchemaValidation FleetRequestsLimits
    FleetStrategyValidation FleetGSSpecValidation FleetNameValidation FleetWithLongLabelsAnnotations
    FleetResourceValidation`),
  fleet: names(`
    FleetScaleWithDualAllocations FleetScaleUpAllocateEditAndScaleDownToZero FleetScaleUpEditAndScaleDown
    ScaleFleetUpAndDownWithGameServerAllocation ScaleUpAndDownInParallelStressTest
    CreateFleetAndUpdateScaleSubresource FleetWithZeroReplicas ReservedGameServerInFleet UpdateFleetScheduling
    FleetCountsAllocations FleetAggregatedPlayerStatus FleetAggregatedCounterStatus FleetAggregatedListStatus
    FleetAllocationOverflow`),
  rollout: names(`
    FleetRollingUpdate FleetUpdates UpdateFleetReplicaAndSpec UpdateGameServerConfigurationInFleet
    FleetRecreateGameServers FleetAutoScalerRollingUpdate`),
  allocation: names(`
    CreateFleetAndGameServerAllocate CreateFleetAndGameServerStateFilterAllocation HighDensityGameServerFlow
    CounterAndListGameServerAllocation CounterGameServerAllocationActions ListGameServerAllocationActions
    MultiClusterAllocationOnLocalCluster CreateFullFleetAndCantGameServerAllocate GameServerAllocationMetaDataPatch
    GameServerAllocationPreferredSelection GameServerAllocationReturnLabels
    GameServerAllocationDeletionOnUnAllocate GameServerAllocationDuringMultipleAllocationClients
    GameServerAllocationDuringGameServerDeletion`),
  autoscaler: names(`
    AutoscalerBasicFunctions FleetAutoscalerDefaultSyncInterval AutoscalerStressCreate AutoscalerWebhook
    AutoscalerTLSWebhook AutoscalerWebhookWithMetadata CounterAutoscaler CounterAutoscalerWithNoReplicas
    CounterAutoscalerAllocated CounterAutoscalerAllocatedMultipleNamespaces ListAutoscaler
    ListAutoscalerWithNoReplicas ListAutoscalerAllocated ListAutoscalerWithSDKMethods ScheduleAutoscaler
    ChainAutoscaler WasmAutoScaler`),
  "allocator service": names(`
    AllocatorWithDeprecatedRequired AllocatorWithSelectors AllocatorWithCountersAndLists AllocatorWithMatchExpressions
    RestAllocatorWithDeprecatedRequired RestAllocatorWithCountersAndLists RestAllocatorWithSelectors
    AllocatorCrossNamespace AllocatorAfterDeleteReplica`),
};
const THEMES = Object.keys(FUNCTIONS);

interface Row {
  readonly name: string;
  readonly what: string;
  readonly tests: string;
  readonly status: string;
  readonly cells: number;
}
interface Section {
  readonly theme: string;
  /** `3 of 7, and 1 unit`. */
  readonly counts: string;
  readonly rows: readonly Row[];
}

const root = join(import.meta.dirname, "..");
const document = readFileSync(join(import.meta.dirname, "agones.md"), "utf8");

function sectionsOf(text: string): readonly Section[] {
  const parts = text.split(/^## /m).slice(1);
  return parts.map((part) => {
    const [heading = "", ...lines] = part.split("\n");
    const [theme = "", counts = ""] = heading.split(": ");
    const rows = lines.filter((line) => line.startsWith("|")).slice(2);
    return { theme, counts, rows: rows.map(rowOf) };
  });
}

function rowOf(line: string): Row {
  // Verticals inside of code are written `\|`, as Markdown wants them.
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  const [name = "", what = "", tests = "", status = ""] = cells.map((cell) => cell.trim());
  return { name, what, tests, status, cells: cells.length };
}

/** What is wrong with one row, in words; the empty list when all of it holds. */
function problemsOf({ name, what, tests, status, cells }: Row, theme: string): readonly string[] {
  const isUnit = name.startsWith("unit ");
  const isKnown = isUnit || FUNCTIONS[theme]?.includes(name.replace(/^Test/, ""));
  const named = [...tests.matchAll(/`([^`]+)` "([^"]+)"/g)].map(([, file = "", test = ""]) => {
    return { file, test };
  });
  const rest = tests.replaceAll(/`[^`]+` "[^"]+"/g, "").replaceAll(/[,\s]/g, "");
  const missing = named.filter(({ file, test }) => !holdsTest(file, test));
  return [
    ...(cells === 4 ? [] : ["has not four cells"]),
    ...(isKnown ? [] : ["is no function of Agones in this theme"]),
    ...(what === "" ? ["does not say what"] : []),
    ...(/^passes$|^fails: .|^does not apply: ./.test(status) ? [] : [`has status "${status}"`]),
    ...(status === "passes" && named.length === 0 ? ["passes without a test"] : []),
    ...(rest === "" ? [] : [`names its tests otherwise than \`file\` "name": ${rest}`]),
    ...missing.map(({ file, test }) => `names a test that is not there: ${file} "${test}"`),
  ].map((problem) => `${theme}: ${name} ${problem}`);
}

function holdsTest(file: string, test: string): boolean {
  const path = join(root, file);
  if (!file.endsWith(".test.ts") || !existsSync(path)) return false;
  return readFileSync(path, "utf8").includes(`"${test}"`);
}

const sections = sectionsOf(document);

describe("the list of Agones' behaviour", () => {
  it("has every theme once", () => {
    expect(sections.map(({ theme }) => theme)).toEqual(THEMES);
  });

  it.each(THEMES)("counts its rows right: %s", (theme) => {
    const { rows = [], counts } = sections.find((section) => section.theme === theme) ?? {};
    const units = rows.filter(({ name }) => name.startsWith("unit ")).length;
    const all = FUNCTIONS[theme]?.length;
    expect(counts).toBe(`${rows.length - units} of ${all}, and ${units} unit`);
  });

  it("names each function once", () => {
    const all = sections.flatMap(({ rows }) => rows.map(({ name }) => name));
    expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
  });

  it("names only functions of Agones and tests that are in the tree", () => {
    const problems = sections.flatMap(({ theme, rows }) =>
      rows.flatMap((row) => problemsOf(row, theme)),
    );
    expect(problems).toEqual([]);
  });

  it("would notice a row that is wrong", () => {
    const wrong = rowOf('| TestNothing | what | `docs/none.test.ts` "no such" , more | perhaps |');
    expect(problemsOf(wrong, "ports")).toEqual([
      "ports: TestNothing is no function of Agones in this theme",
      'ports: TestNothing has status "perhaps"',
      'ports: TestNothing names its tests otherwise than `file` "name": more',
      'ports: TestNothing names a test that is not there: docs/none.test.ts "no such"',
    ]);
  });
});
