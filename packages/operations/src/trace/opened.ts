import type { Callback } from '@ringback/contracts';
import type { Pieces } from './compose.ts';

type Open = <T extends Pick<Callback, 'id' | 'source' | 'account' | 'body'>>(callback: T) => T;

/** With bodies that are no longer encrypted, wherever they were found. */
export function openedPieces(pieces: Pieces, open: Open): Pieces {
  const { story, live } = pieces;
  const body = story?.body;
  return {
    ...pieces,
    story: story && (body === undefined ? story : { ...story, body: open({ ...story, body }).body }),
    live: live && {
      ...live,
      queued: live.queued && { ...live.queued, callback: open(live.queued.callback) },
      deliveries: live.deliveries.map(({ standing, ...delivery }) => ({
        ...delivery,
        standing: standing && { ...standing, callback: open(standing.callback) },
      })),
    },
  };
}
