import type { Random } from "../../core/std/random.ts";
import type { Act } from "./actions.ts";
import type { DiskMood, Remains } from "./disk.ts";
import { GOOD_MANNERS } from "./game.ts";
import { GOOD_WEATHER } from "./network.ts";
import type { Scene } from "./scene.ts";

const DOWN_MS = { min: 20, max: 3_000 };
const FAULT_MS = { min: 500, max: 15_000 };
const APPENDS_MAX = 40;
/** Answers are kept for an hour of wall time: the jumps of one story together stay below that. */
const JUMP_MS_MAX = 300_000;

/** What goes wrong; every fault is one row, lasts for a while, and is over when `endFaults` says so. */
export const FAULTS: Readonly<Record<string, Act>> = {
  crash: (scene, random) => {
    scene.trace("fault: the control plane is killed");
    scene.killPlane(downMs(random));
  },
  crashAtCommit: (scene, random) => {
    const remains: Remains = random.pick(["nothing", "torn", "whole"] as const) ?? "nothing";
    const appends = random.integer(0, APPENDS_MAX);
    scene.disk.crashAtAppend(appends, remains, () => {
      scene.trace(`fault: the power goes in the middle of a commit; ${remains} of it is left`);
      scene.killPlane(downMs(random));
    });
  },
  slowDisk: (scene, random) => moody(scene, random, "slow"),
  fullDisk: (scene, random) => moody(scene, random, "full"),
  brokenDisk: (scene) => {
    scene.trace("fault: the next sync fails");
    scene.disk.mood = "broken";
  },
  cutNode: async (scene, random) => {
    const node = random.pick(scene.nodes);
    if (!node) return;
    scene.trace(`fault: ${node.name} is cut off`);
    node.way.isCut = true;
    await scene.time.sleep(lastsMs(random));
    node.way.isCut = false;
    scene.trace(`${node.name} is reached again`);
  },
  badWeather: async (scene, random) => {
    const weather = { lost: share(random), doubled: share(random), late: share(random) };
    scene.trace(`fault: messages are lost, doubled and late: ${JSON.stringify(weather)}`);
    for (const { way } of scene.nodes) way.weather = weather;
    await scene.time.sleep(lastsMs(random));
    for (const { way } of scene.nodes) way.weather = GOOD_WEATHER;
  },
  jumpClock: (scene, random) => {
    const ms = random.integer(-JUMP_MS_MAX, JUMP_MS_MAX);
    scene.trace(`fault: the clock jumps by ${ms / 1000} s`);
    scene.time.jump(ms);
  },
  powerOff: async (scene, random) => {
    const node = random.pick(scene.nodes);
    if (!node?.isAgentAlive) return;
    scene.trace(`fault: ${node.name} loses power`);
    node.powerOff();
    await scene.time.sleep(lastsMs(random));
    scene.trace(`${node.name} is up again`);
    node.startAgent();
  },
  killAgent: async (scene, random) => {
    const node = random.pick(scene.nodes);
    if (!node?.isAgentAlive) return;
    scene.trace(`fault: the agent of ${node.name} is killed`);
    node.killAgent();
    await scene.time.sleep(downMs(random));
    node.startAgent();
  },
  badGames: async (scene, random) => {
    scene.trace("fault: games crash, lose their health or their memory");
    Object.assign(scene.manners, {
      crash: share(random),
      sick: share(random),
      oom: share(random),
    });
    await scene.time.sleep(lastsMs(random));
    Object.assign(scene.manners, GOOD_MANNERS);
  },
};

/** From here on nothing goes wrong any more. */
export function endFaults(scene: Scene): void {
  scene.trace("the faults are over");
  scene.disk.mood = "good";
  scene.disk.forgetCrash();
  Object.assign(scene.manners, GOOD_MANNERS);
  for (const node of scene.nodes) {
    node.way.isCut = false;
    node.way.weather = GOOD_WEATHER;
    node.startAgent();
  }
}

async function moody(scene: Scene, random: Random, mood: DiskMood): Promise<void> {
  scene.trace(`fault: the disk is ${mood}`);
  scene.disk.mood = mood;
  await scene.time.sleep(lastsMs(random));
  if (scene.disk.mood === mood) scene.disk.mood = "good";
}

function downMs(random: Random): number {
  return random.integer(DOWN_MS.min, DOWN_MS.max);
}
function lastsMs(random: Random): number {
  return random.integer(FAULT_MS.min, FAULT_MS.max);
}
function share(random: Random): number {
  return random.next() < 0.4 ? 0 : random.next() * 0.3;
}
