import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '@ringback/contracts';
import { type Crowd, createCrowd } from './crowd.ts';
import { addOwed, type Connection, countUnread, isUnread, owesAnswers, removeOwed } from './owed-answers.ts';
import { ignoreRequestsWhile } from './pipelining.ts';

export type ConnectionBounds = {
  /** Requests begun in a tick, and answers owed. The last answer closes the connection. */
  readonly pipelined: number;
  /** ms between two checks for unread answers. */
  readonly sweep: number;
  /** Checks in a row without a byte sent. A count: this process may be slow itself. */
  readonly unreadSweeps: number;
};

export const CONNECTION_BOUNDS: ConnectionBounds = { pipelined: 16, sweep: 1000, unreadSweeps: 10 };

export type Connections = {
  /** MUST go with an answer that says `connection: close`. */
  readonly isLast: (socket: Socket) => void;
  readonly afterAnswers: (socket: Socket, run: () => void) => void;
  readonly notReadyReasons: () => readonly string[];
};

export type ConnectionsOptions = {
  readonly server: Server;
  /** Current value; settings may reload. */
  readonly maxConnections: () => number;
  /** Over all connections. Above it, those whose clients do not read are closed. */
  readonly maxOwed: () => number;
  readonly bounds: ConnectionBounds;
  readonly logger: Logger;
};

export function boundConnections({ server, maxConnections, maxOwed, bounds, logger }: ConnectionsOptions): Connections {
  const crowd = createCrowd({ max: maxConnections, logger });
  const turn = createTurnCounter();

  // After Node's own listener, which attaches the parser.
  server.on('connection', (socket: Socket) => {
    const connection = crowd.take(socket);
    if (connection) ignoreRequestsWhile(socket, () => connection.isLast);
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = crowd.find(socket);
    if (!connection) return;
    if (crowd.owed() >= maxOwed()) closeOneUnread(crowd);
    begin({ crowd, connection, response, turn: turn(), atMost: bounds.pipelined });
  });
  const sweep = setInterval(() => closeUnread(crowd, bounds.unreadSweeps), bounds.sweep).unref();
  server.once('close', () => clearInterval(sweep));

  return {
    isLast(socket) {
      const connection = crowd.find(socket);
      if (connection) connection.isLast = true;
    },
    afterAnswers(socket, run) {
      const connection = crowd.find(socket);
      if (connection && owesAnswers(connection)) connection.afterwards = run;
      else run();
    },
    notReadyReasons: crowd.notReadyReasons,
  };
}

type Beginning = { crowd: Crowd; connection: Connection; response: ServerResponse; turn: number; atMost: number };

function begin({ crowd, connection, response, turn, atMost }: Beginning): void {
  addOwed(connection, response, turn);
  crowd.changed(connection, 1);
  if (connection.begun >= atMost || connection.owed.length >= atMost) {
    connection.isLast = true;
    response.setHeader('connection', 'close');
  }
  response.on('close', () => {
    if (!removeOwed(connection, response)) return;
    crowd.changed(connection, -1);
    const { afterwards } = connection;
    if (!afterwards || owesAnswers(connection)) return;
    connection.afterwards = undefined;
    // If the socket is not writable, the previous answer was the last.
    if (connection.socket.writable) afterwards();
  });
}

function createTurnCounter(): () => number {
  let turn = 0;
  let isCounting = false;
  return () => {
    if (!isCounting) {
      isCounting = true;
      setImmediate(() => {
        turn += 1;
        isCounting = false;
      });
    }
    return turn;
  };
}

function closeOneUnread(crowd: Crowd): void {
  for (const connection of crowd.busy()) {
    if (isUnread(connection)) return crowd.close(connection);
  }
}

function closeUnread(crowd: Crowd, times: number): void {
  for (const connection of crowd.busy()) {
    if (countUnread(connection) > times) crowd.close(connection);
  }
}
