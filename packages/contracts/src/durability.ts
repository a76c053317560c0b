/** What may be asked of Redis before a callback is acked: nothing, an append-only file, one that is synced with each write, or a replica that holds it too. */
export const DURABILITIES = ['memory', 'everysec', 'always', 'replica'] as const;
export type Durability = (typeof DURABILITIES)[number];
