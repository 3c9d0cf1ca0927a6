import type { Point } from "../view/grid.ts";
import { COLOURS } from "./palette.ts";

type Context = CanvasRenderingContext2D;

const NAME_FONT = '600 12px system-ui, "Noto Sans CJK KR", sans-serif';
const TALK_FONT = '14px system-ui, "Noto Sans CJK KR", sans-serif';
const TALK_WIDTH = 190;
const TALK_LINES = 3;
const LINE = 19;

/** A name below somebody's feet. */
export function drawName(context: Context, at: Point, name: string, isMe: boolean): void {
  context.font = NAME_FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = Math.min(150, context.measureText(name).width) + 14;
  context.fillStyle = isMe ? COLOURS.mine : "rgba(45, 49, 66, 0.72)";
  context.beginPath();
  context.roundRect(at.x - width / 2, at.y, width, 18, 9);
  context.fill();
  context.fillStyle = COLOURS.paper;
  context.fillText(name, at.x, at.y + 9.5, 150);
}

/** What somebody says, in a bubble whose tip is at a point. `strength` fades it out. */
export function drawBubble(context: Context, tip: Point, text: string, strength: number): void {
  context.font = TALK_FONT;
  const lines = wrapped(text, TALK_WIDTH, (part) => context.measureText(part).width);
  const width = Math.max(...lines.map((line) => context.measureText(line).width)) + 22;
  const height = lines.length * LINE + 12;
  const [x, y] = [tip.x - width / 2, tip.y - height - 8];
  context.save();
  context.globalAlpha = strength;
  context.shadowColor = "rgba(40, 44, 60, 0.25)";
  context.shadowBlur = 8;
  context.shadowOffsetY = 2;
  context.fillStyle = COLOURS.paper;
  context.beginPath();
  context.roundRect(x, y, width, height, 12);
  context.moveTo(tip.x - 7, y + height - 1);
  context.lineTo(tip.x, tip.y);
  context.lineTo(tip.x + 7, y + height - 1);
  context.fill();
  context.shadowColor = "transparent";
  context.fillStyle = COLOURS.ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  lines.forEach((line, i) => {
    context.fillText(line, tip.x, y + 6 + LINE * (i + 0.5));
  });
  context.restore();
}

/** A text in a few lines, broken between words, or within one that is too long; the rest is left out. Pure. */
export function wrapped(
  text: string,
  widthMax: number,
  widthOf: (part: string) => number,
): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of text
    .split(/(?<=\s)|(?=\s)/u)
    .flatMap((word) => pieces(word, widthMax, widthOf))) {
    if (line !== "" && widthOf(line + part) > widthMax) {
      lines.push(line.trimEnd());
      line = part.trimStart();
    } else line += part;
  }
  if (line !== "") lines.push(line);
  if (lines.length <= TALK_LINES) return lines;
  return [...lines.slice(0, TALK_LINES - 1), `${lines[TALK_LINES - 1]?.slice(0, -1)}…`];
}

function pieces(word: string, widthMax: number, widthOf: (part: string) => number): string[] {
  if (widthOf(word) <= widthMax) return [word];
  const found: string[] = [];
  let piece = "";
  for (const letter of word) {
    if (piece !== "" && widthOf(piece + letter) > widthMax) {
      found.push(piece);
      piece = "";
    }
    piece += letter;
  }
  return [...found, piece];
}
