export type Terminal = {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
};
