import type { Traced } from '@ringback/operations';

/** What `trace --json` prints of a callback. Times as ISO 8601. */
export function traceJson({ callback, routes, deliveries, resting, actions, notes }: Traced): object {
  const { id: requestID, key, subjects, repeats, fate, time, receivedAt, dispatchedAt, ...others } = callback;
  // `trace` says all that a person needs of them.
  const { traceparent: _parent, tracestate: _state, ...rest } = others;
  const { progress: _progress, orderFinished: _finished, ...about } = subjects;
  return {
    callback: {
      requestID,
      webhookID: `msg_${key}`,
      ...rest,
      time: iso(time),
      receivedAt: iso(receivedAt),
      dispatchedAt: iso(dispatchedAt),
      subjects: about,
      ...repeats,
      ...(fate?.dropped !== undefined && { dropped: fate.dropped }),
      ...(fate?.unrouted && { unrouted: fate.unrouted.reason }),
      ...(fate?.businessDuplicate && { businessDuplicate: true }),
    },
    routes,
    deliveries: deliveries.map(({ attempts, since, nextAt, deadLetter, wasParked, ...delivery }) => ({
      ...delivery,
      ...(wasParked && { wasParked: { from: iso(wasParked.from), to: iso(wasParked.to) } }),
      ...(deadLetter && { deadLetter: { ...deadLetter, since: iso(deadLetter.since) } }),
      since: iso(since),
      nextAt: iso(nextAt),
      attempts: attempts.map(({ key: _key, receivedAt: _receivedAt, output: _output, at, nextAt: next, ...attempt }) => ({
        ...attempt,
        at: iso(at),
        nextAt: iso(next),
      })),
    })),
    resting: resting.map(({ since, receivedAt: received, ...one }) => ({ ...one, since: iso(since), receivedAt: iso(received) })),
    actions: actions.map(({ id, at, by, command, facts }) => ({ id, at: iso(at), by, command, facts })),
    notes,
  };
}

function iso(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
