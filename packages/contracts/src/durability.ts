/**
 * What Redis must have before a callback is acked: nothing, an append-only file, a synced one, or a replica.
 */
export const DURABILITIES = ['memory', 'everysec', 'always', 'replica'] as const;
export type Durability = (typeof DURABILITIES)[number];
