import type { Spread } from '../measure/samples.ts';

/** Median and range. */
export function show(spread: Spread | undefined): string {
  if (!spread) return '';
  const { median, min, max } = spread;
  return min === max ? number(median) : `${number(median)} (${number(min)}–${number(max)})`;
}

/** Three significant digits. */
export function number(value: number): string {
  if (Number.isNaN(value)) return '';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
