import type { TextRow } from "./texts.ts";

/** What the rules of alerts find, in a few words; the server's own sentence with its numbers follows. English, then Korean. */
export const RULE_WORDS: Readonly<Record<string, TextRow & readonly [string, string]>> = {
  OutOfMemory: ["Killed for lack of memory", "메모리 한도를 넘어 종료됐어요"],
  CrashLoop: ["Fails again and again", "계속 실패해요"],
  RestartStorm: ["Many fail at once on one machine", "한 머신에서 여러 개가 함께 실패해요"],
  DiskNearlyFull: ["A disk is nearly full", "디스크가 거의 찼어요"],
  PortsExhausted: ["Host ports run out", "호스트 포트가 모자라요"],
  AddressesExhausted: ["Addresses of a network run out", "네트워크 주소가 모자라요"],
  NodeLost: ["A machine is silent", "머신에서 소식이 없어요"],
  AllocationFailures: ["Players find no game server", "플레이어가 게임 서버를 찾지 못해요"],
  AllocationSlow: ["Allocations are slow", "배정이 느려요"],
  Anomaly: ["Unlike its usual self", "평소와 달라요"],
};
