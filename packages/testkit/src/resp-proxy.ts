import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createRespReader, readCommand, type RespFrame } from './resp-reader.ts';
import { until } from '@ringback/redis-server';

/** `before`: Redis never sees the command. `after`: Redis runs it, and the client gets no reply. */
export type HaltSide = 'before' | 'after';

/** Nothing passes on any connection until the owner says how to go on. */
export type Halt = {
  /** Name in lower case, and arguments. */
  readonly command: readonly string[];
  /** Call one of these three, once. Passes what was withheld. */
  release(): void;
  /** Resets this connection only. */
  cut(): void;
  /** Resets all connections; new ones are served. */
  drop(): void;
};

/** Called before Redis sees the command. A returned side halts the proxy. @param client its name by CLIENT SETNAME, or '' */
export type CommandHook = (command: readonly string[], client: string) => HaltSide | undefined;

/** Understands RESP2 and RESP3 with pipelining, but not MONITOR and not pub/sub of RESP2. */
export type RespProxy = {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Replaces the hook. `onHalt` is called in the same turn in which the proxy halts. */
  watch(hook: CommandHook, onHalt: (halt: Halt) => void): void;
  /** Resets all connections, and new ones until `accept`. */
  refuse(): void;
  accept(): void;
  close(): Promise<void>;
};

type Command = {
  readonly raw: Buffer;
  /** Name in lower case, and arguments. */
  readonly words: readonly string[];
  asked: boolean;
  withholdsReply: boolean;
};

type Connection = {
  /** As the client says. */
  name: string;
  readonly client: Socket;
  readonly server: Socket;
  readonly commands: Command[];
  /** Sent, without a reply. */
  readonly pending: Command[];
  readonly replies: RespFrame[];
};

type State = {
  readonly connections: Set<Connection>;
  hook: CommandHook;
  onHalt: (halt: Halt) => void;
  halted: boolean;
  refusing: boolean;
};

const CLOSES_WITHIN_MS = 5000;
const pass: CommandHook = () => undefined;

export async function createRespProxy(target: { readonly port: number }): Promise<RespProxy> {
  const state: State = { connections: new Set(), hook: pass, onHalt: () => {}, halted: false, refusing: false };
  const { connections } = state;
  const listener = createServer((client) => {
    if (state.refusing) client.on('error', () => {}).resetAndDestroy();
    else relay(client, connect({ port: target.port, host: '127.0.0.1' }), state);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    watch(hook, onHalt) {
      Object.assign(state, { hook, onHalt });
      // Replies withheld for an earlier hook go on.
      for (const { pending } of connections) for (const command of pending) command.withholdsReply = false;
    },
    refuse() {
      state.refusing = true;
      connections.forEach(reset);
    },
    accept: () => void (state.refusing = false),
    async close() {
      listener.close();
      state.halted = false;
      connections.forEach(reset);
      await until(() => connections.size === 0, { withinMs: CLOSES_WITHIN_MS, what: () => 'the end of the connections' });
    },
  };
}

function reset({ client, server }: Connection): void {
  client.resetAndDestroy();
  server.destroy();
}

function relay(client: Socket, server: Socket, state: State): void {
  const connection: Connection = { name: '', client, server, commands: [], pending: [], replies: [] };
  state.connections.add(connection);
  const fromClient = createRespReader({ from: 'client' });
  const fromServer = createRespReader({ from: 'server' });
  for (const socket of [client, server]) {
    socket.setNoDelay().on('error', () => {});
    // The client is gone: so is what it had sent unseen.
    socket.on('close', () => {
      state.connections.delete(connection);
      reset(connection);
    });
  }
  client.on('data', (chunk) => {
    for (const { raw } of fromClient.push(chunk)) connection.commands.push(commandOf(raw));
    move(connection, state);
  });
  server.on('data', (chunk) => {
    connection.replies.push(...fromServer.push(chunk));
    move(connection, state);
  });
}

function commandOf(raw: Buffer): Command {
  const [name = '', ...args] = readCommand(raw);
  return { raw, words: [name.toLowerCase(), ...args], asked: false, withholdsReply: false };
}

function move(connection: Connection, state: State): void {
  sendReplies(connection, state);
  sendCommands(connection, state);
}

function sendCommands(connection: Connection, state: State): void {
  const { commands, pending, server } = connection;
  for (let next = commands[0]; next && !state.halted && !pending.at(-1)?.withholdsReply; next = commands[0]) {
    if (!next.asked) {
      next.asked = true;
      const [command, what, name] = next.words;
      if (command === 'client' && what?.toLowerCase() === 'setname') connection.name = name ?? '';
      const side = state.hook(next.words, connection.name);
      next.withholdsReply = side === 'after';
      if (side === 'before') return halt(connection, next, state);
    }
    commands.shift();
    pending.push(next);
    server.write(next.raw);
  }
}

function sendReplies(connection: Connection, state: State): void {
  const { replies, pending, client } = connection;
  for (let next = replies[0]; next && !state.halted; next = replies[0]) {
    const command = next.push ? undefined : pending[0];
    if (command?.withholdsReply) {
      command.withholdsReply = false;
      return halt(connection, command, state);
    }
    replies.shift();
    if (command) pending.shift();
    client.write(next.raw);
  }
}

function halt(connection: Connection, { words }: Command, state: State): void {
  const { connections } = state;
  state.halted = true;
  const goOn = (lost: Iterable<Connection>) => {
    for (const one of lost) {
      reset(one);
      connections.delete(one);
    }
    state.halted = false;
    for (const one of connections) move(one, state);
  };
  state.onHalt({
    command: words,
    release: () => goOn([]),
    cut: () => goOn([connection]),
    drop: () => goOn([...connections]),
  });
}
