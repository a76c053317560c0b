/** Bodies in one place. Deliveries of several outputs may share bodies, which count once. */
export type BodiesAt = {
  readonly where: string;
  readonly outputs: readonly string[];
  readonly bodies: number;
  /** In the history: when the newest callback came, ms since the epoch. */
  readonly newest?: number | undefined;
};

type Place = Pick<BodiesAt, 'where' | 'outputs'>;

export type Tally = {
  readonly note: (place: Place, bodies?: number, receivedAt?: number) => void;
  readonly places: () => readonly BodiesAt[];
  readonly bodies: () => number;
};

export function createTally(): Tally {
  const places = new Map<string, { -readonly [Name in keyof BodiesAt]: BodiesAt[Name] }>();
  return {
    note({ where, outputs }, bodies = 1, receivedAt) {
      const name = [where, ...outputs].join(' ');
      const own = places.get(name) ?? { where, outputs, bodies: 0 };
      places.set(name, own);
      own.bodies += bodies;
      if (receivedAt !== undefined) own.newest = Math.max(own.newest ?? receivedAt, receivedAt);
    },
    places: () => [...places.values()],
    bodies: () => [...places.values()].reduce((sum, own) => sum + own.bodies, 0),
  };
}
