import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { type ProtoMessages, protoJson } from "../../core/std/proto-tables.ts";

type ProtoJson = Parameters<typeof fromJSON>[0];

/** Agones' allocation service: its messages by field numbers, and what selectors of players were before they went. */
// biome-ignore format: a table is read by its rows
export const ALLOCATION: ProtoMessages = {
  AllocationRequest:   { namespace: "1 string", multiClusterSetting: "2 MultiClusterSetting", requiredGameServerSelector: "3 GameServerSelector",
                         preferredGameServerSelectors: "4 repeated GameServerSelector", scheduling: "5 int32", metaPatch: "6 MetaPatch", metadata: "7 MetaPatch",
                         gameServerSelectors: "8 repeated GameServerSelector", priorities: "9 repeated Priority",
                         counters: "10 map CounterAction", lists: "11 map ListAction" },
  MultiClusterSetting: { enabled: "1 bool", policySelector: "2 LabelSelector" },
  LabelSelector:       { matchLabels: "1 map string" },
  GameServerSelector:  { matchLabels: "1 map string", gameServerState: "2 int32", players: "3 PlayerSelector", counters: "4 map CounterSelector",
                         lists: "5 map ListSelector", matchExpressions: "6 repeated LabelExpression" },
  LabelExpression:     { key: "1 string", operator: "2 int32", values: "3 repeated string" },
  PlayerSelector:      { minAvailable: "1 uint64", maxAvailable: "2 uint64" },
  CounterSelector:     { minCount: "1 int64", maxCount: "2 int64", minAvailable: "3 int64", maxAvailable: "4 int64" },
  ListSelector:        { containsValue: "1 string", minAvailable: "2 int64", maxAvailable: "3 int64" },
  Priority:            { type: "1 int32", key: "2 string", order: "3 int32" },
  CounterAction:       { action: "1 StringValue", amount: "2 Int64Value", capacity: "3 Int64Value" },
  ListAction:          { addValues: "1 repeated string", capacity: "2 Int64Value", deleteValues: "3 repeated string" },
  MetaPatch:           { labels: "1 map string", annotations: "2 map string" },
  StringValue:         { value: "1 string" },
  Int64Value:          { value: "1 int64" },

  AllocationResponse:  { gameServerName: "2 string", ports: "3 repeated Port", address: "4 string", nodeName: "5 string", source: "6 string",
                         metadata: "7 MetaPatch", addresses: "8 repeated Address", counters: "9 map CounterStatus", lists: "10 map ListStatus" },
  Port:                { name: "1 string", port: "2 int32" },
  Address:             { type: "1 string", address: "2 string" },
  CounterStatus:       { count: "1 Int64Value", capacity: "2 Int64Value" },
  ListStatus:          { values: "1 repeated string", capacity: "2 Int64Value" },
};

const HEALTH: ProtoMessages = {
  HealthCheckRequest: { service: "1 string" },
  HealthCheckResponse: { status: "1 int32" },
};

export type Fields = Readonly<Record<string, unknown>>;
export type Method = MethodDefinition<Fields, Fields>;
export interface AllocationServices {
  readonly allocation: ServiceDefinition & { readonly Allocate: Method };
  readonly health: ServiceDefinition & { readonly Check: Method; readonly Watch: Method };
}

/** Agones' allocation service and gRPC's own of health. Fields that are not set are left out; 64-bit numbers are strings. */
export function allocationServices(): AllocationServices {
  const load = (
    name: string,
    messages: ProtoMessages,
    service: string,
    methods: object,
  ): object => {
    const services = { [service]: methods as Record<string, string> };
    const json = protoJson(name, { messages, services }) as ProtoJson;
    return fromJSON(json, { keepCase: true, longs: String })[`${name}.${service}`] as object;
  };
  const allocation = load("allocation", ALLOCATION, "AllocationService", {
    Allocate: "AllocationRequest -> AllocationResponse",
  });
  const health = load("grpc.health.v1", HEALTH, "Health", {
    Check: "HealthCheckRequest -> HealthCheckResponse",
    Watch: "HealthCheckRequest -> stream HealthCheckResponse",
  });
  return { allocation, health } as AllocationServices;
}
