import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface Size {
  readonly width: number;
  readonly height: number;
}
export type Draw = (context: CanvasRenderingContext2D, size: Size, nowMs: number) => void;

type CanvasProps = Omit<JSX.IntrinsicElements["canvas"], "ref"> & {
  readonly draw: Draw;
  /** Asked with each frame of the screen: true when there is something new to be seen. */
  readonly isDirty: (nowMs: number) => boolean;
  readonly onCanvas?: (canvas: HTMLCanvasElement) => void;
};

const DENSITY_MAX = 2;

/** A canvas as large as its place, as sharp as the screen, drawn when there is something new. */
export function Canvas({ draw, isDirty, onCanvas, ...rest }: CanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef({ draw, isDirty });
  latest.current = { draw, isDirty };
  useEffect(() => {
    const { current } = canvas;
    const context = current?.getContext("2d", { alpha: false });
    if (!current || !context) return;
    onCanvas?.(current);
    let frame = 0;
    let isResized = true;
    const watcher = new ResizeObserver(() => {
      isResized = true;
    });
    watcher.observe(current);
    const next = (nowMs: number): void => {
      frame = requestAnimationFrame(next);
      if (!isResized && !latest.current.isDirty(nowMs)) return;
      if (isResized) resize(current);
      isResized = false;
      const density = densityOf();
      context.setTransform(density, 0, 0, density, 0, 0);
      const size = { width: current.width / density, height: current.height / density };
      latest.current.draw(context, size, nowMs);
    };
    frame = requestAnimationFrame(next);
    return () => {
      cancelAnimationFrame(frame);
      watcher.disconnect();
    };
  }, []);
  return <canvas {...rest} ref={canvas} />;
}

/** Sharper than this is seen by nobody, and costs. */
function densityOf(): number {
  return Math.min(DENSITY_MAX, devicePixelRatio || 1);
}

function resize(canvas: HTMLCanvasElement): void {
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.max(1, Math.round(width * densityOf()));
  canvas.height = Math.max(1, Math.round(height * densityOf()));
}

/** True for who has asked the system for less motion. */
export function wantsNoMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
