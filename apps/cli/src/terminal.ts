/** Where a command writes, one line at a time. */
export type Terminal = {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
};
