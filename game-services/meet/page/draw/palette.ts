/** The colours of maps and people; those of the page stand in the style sheet. */
export const COLOURS = {
  outside: "#dfe5dc",
  grass: ["#b9d4a2", "#b7d39f", "#bbd5a4"],
  blade: "#9dbf86",
  flower: ["#f4d58d", "#f2b5a7", "#ffffff"],
  floor: ["#e9dcc6", "#e6d8c0", "#ecdfcb"],
  seam: "#d9c9ad",
  wallTop: "#8d8597",
  wallTopLight: "#9a92a4",
  wallFace: "#6f677b",
  wallSeam: "#625a6e",
  water: "#8fc3d8",
  waterDeep: "#8cc1d6",
  ripple: "#b5dae8",
  shadow: "rgba(40, 44, 60, 0.16)",
  ink: "#2d3142",
  paper: "#ffffff",
  mine: "#3d5a80",
} as const;

/** Clothes that are told apart, also by those who see fewer colours: light and dark ones take turns. */
export const CLOTHES = [
  "#3d5a80",
  "#ee9b5f",
  "#7a5195",
  "#5fa777",
  "#c8553d",
  "#4ea5b8",
  "#b5838d",
  "#d9b44a",
] as const;
export const SKINS = ["#f6d7bd", "#e8b993", "#c98f66", "#8f5d3f", "#f1c9a5"] as const;
export const HAIRS = ["#2d2a32", "#5b3a29", "#a56a43", "#d8b06a", "#70727d"] as const;

/** One of a list, always the same for a number. */
export function oneOf<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T;
}
