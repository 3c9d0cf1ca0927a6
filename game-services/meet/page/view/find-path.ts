import type { Point } from "./grid.ts";

const STEPS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
] as const;

/**
 * The points to walk by from one place to another, without what is blocked; the last one is the place itself. Where
 * there is no way to it, the way to the nearest place that can be reached. Pure; looks at each tile once at most.
 */
export function findPath(blocked: readonly boolean[][], from: Point, to: Point): readonly Point[] {
  const width = blocked[0]?.length ?? 0;
  const start = cellOf(from, width);
  const goal = cellOf(to, width);
  const cameFrom = flood(blocked, start, goal);
  const isReached = cameFrom.has(goal);
  const end = isReached ? goal : nearest([...cameFrom.keys()], to, width);
  const cells: number[] = [];
  for (let cell = end; cell !== start; cell = cameFrom.get(cell) ?? start) cells.unshift(cell);
  const points = straightened(cells, start, width).map((cell) => pointOf(cell, width));
  return isReached ? [...points.slice(0, -1), to] : points;
}

/** From where each tile was reached first, breadth first, until the goal is found. */
function flood(blocked: readonly boolean[][], start: number, goal: number): Map<number, number> {
  const width = blocked[0]?.length ?? 0;
  const isFree = (x: number, y: number): boolean => blocked[y]?.[x] === false;
  const cameFrom = new Map([[start, start]]);
  const queue = [start];
  for (let at = 0; at < queue.length && !cameFrom.has(goal); at++) {
    const cell = queue[at] ?? start;
    const [x, y] = [cell % width, Math.floor(cell / width)];
    for (const [dx, dy] of STEPS) {
      const next = (y + dy) * width + x + dx;
      // Nobody squeezes through between two corners.
      const isOpen = isFree(x + dx, y + dy) && isFree(x + dx, y) && isFree(x, y + dy);
      const isStep = dx === 0 || dy === 0 ? isFree(x + dx, y + dy) : isOpen;
      if (!isStep || cameFrom.has(next)) continue;
      cameFrom.set(next, cell);
      queue.push(next);
    }
  }
  return cameFrom;
}

/** Only the points where the direction changes, and the last one. */
function straightened(cells: readonly number[], start: number, width: number): number[] {
  return cells.filter((cell, i) => {
    const before = i === 0 ? start : cells[i - 1];
    const after = cells[i + 1];
    return (
      before === undefined || after === undefined || after - cell !== cell - before || width === 1
    );
  });
}

function nearest(cells: readonly number[], to: Point, width: number): number {
  const distance = (cell: number): number => {
    const { x, y } = pointOf(cell, width);
    return Math.hypot(to.x - x, to.y - y);
  };
  return cells.reduce(
    (best, cell) => (distance(cell) < distance(best) ? cell : best),
    cells[0] ?? 0,
  );
}

function cellOf({ x, y }: Point, width: number): number {
  return Math.floor(y) * width + Math.floor(x);
}

function pointOf(cell: number, width: number): Point {
  return { x: (cell % width) + 0.5, y: Math.floor(cell / width) + 0.5 };
}
