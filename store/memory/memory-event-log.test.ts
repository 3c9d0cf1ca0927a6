import { describeEventLog } from "../conformance/event-log.ts";
import { openMemoryEventLog } from "./memory-event-log.ts";

describeEventLog("memory", async (options) => openMemoryEventLog(options));
