import type { Socket } from 'node:net';
import type { Logger } from '@ringback/contracts';
import { type Connection, createConnection } from './owed-answers.ts';

export type Crowd = {
  /** Undefined: no room; the connection is closed. */
  readonly take: (socket: Socket) => Connection | undefined;
  readonly find: (socket: Socket) => Connection | undefined;
  /** The longest busy first. */
  readonly busy: () => Iterable<Connection>;
  readonly owed: () => number;
  /** MUST follow every change of the answers owed. */
  readonly changed: (connection: Connection, by: 1 | -1) => void;
  readonly close: (connection: Connection) => void;
  readonly notReadyReasons: () => readonly string[];
};

/** ms. */
const SAID_EVERY_MS = 60_000;

type State = {
  readonly open: Map<Socket, Connection>;
  // A Set keeps insertion order.
  readonly idle: Set<Connection>;
  readonly busy: Set<Connection>;
  owed: number;
};

/** A new connection replaces the longest idle one; if none is idle, the new one is closed. O(1). */
export function createCrowd({ max, logger }: { max: () => number; logger: Logger }): Crowd {
  const state: State = { open: new Map(), idle: new Set(), busy: new Set(), owed: 0 };
  const { open, idle, busy } = state;
  const say = createSayer({ max, logger });
  return {
    take(socket) {
      if (open.size >= max()) {
        const [longest] = idle;
        say(longest ? 'closed' : 'refused');
        if (!longest) return void socket.destroy();
        close(state, longest);
      }
      const connection = createConnection(socket);
      open.set(socket, connection);
      idle.add(connection);
      socket.once('close', () => forget(state, connection));
      return connection;
    },
    find: (socket) => open.get(socket),
    busy: () => busy,
    owed: () => state.owed,
    changed(connection, by) {
      if (!open.has(connection.socket)) return;
      state.owed += by;
      if (connection.owed.length === 0) {
        busy.delete(connection);
        idle.add(connection);
      } else if (by === 1 && idle.delete(connection)) busy.add(connection);
    },
    close: (connection) => close(state, connection),
    notReadyReasons: () => (open.size >= max() && idle.size === 0 ? [reason(max())] : []),
  };
}

function close(state: State, connection: Connection): void {
  forget(state, connection);
  connection.socket.destroy();
}

function forget(state: State, connection: Connection): void {
  // Already removed to make room.
  if (!state.open.delete(connection.socket)) return;
  state.idle.delete(connection);
  state.busy.delete(connection);
  state.owed -= connection.owed.length;
}

const reason = (max: number) => `RB_OVERLOADED: ${max} connections are open (ingress.maxConnections), and none of them is idle`;

function createSayer({ max, logger }: { max: () => number; logger: Logger }): (what: 'closed' | 'refused') => void {
  const saidAt = new Map<string, number>();
  return (what) => {
    const now = performance.now();
    if (now - (saidAt.get(what) ?? -Infinity) < SAID_EVERY_MS) return;
    saidAt.set(what, now);
    const message = what === 'closed' ? 'idle connections are closed for new ones' : 'connections are refused';
    logger.warn({ code: 'RB_OVERLOADED', maxConnections: max() }, message);
  };
}
