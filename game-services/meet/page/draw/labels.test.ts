import { expect, it } from "vitest";
import { fitting } from "../parts/things/shrink-picture.ts";
import { wrapped } from "./labels.ts";

const lines = (text: string): readonly string[] => wrapped(text, 10, (part) => part.length);

it.each([
  ["short", ["short"]],
  ["two words more", ["two words", "more"]],
  ["안녕하세요 반갑습니다 여러분", ["안녕하세요", "반갑습니다 여러분".slice(0, 9)]],
  ["abcdefghijklmnopqrst", ["abcdefghij", "klmnopqrst"]],
  ["a".repeat(200), ["aaaaaaaaaa", "aaaaaaaaaa", "aaaaaaaaa…"]],
])("breaks %s into lines that fit", (text, expected) => {
  expect(lines(text)).toEqual(expected);
});

it.each([
  [300, 200, 300, 200],
  [4000, 2000, 512, 256],
  [10, 5000, 1, 512],
])("makes a picture of %i × %i fit: %i × %i", (width, height, w, h) => {
  expect(fitting(width, height, 512)).toEqual({ width: w, height: h });
});
