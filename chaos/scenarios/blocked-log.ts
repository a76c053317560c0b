import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { freePort } from '@ringback/testkit/bare';
import { postCallback, taskBody, until } from '@ringback/testkit/bare';
import type { AppSlot, Silent } from '../app-slot.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

const WITHIN_MS = 60_000;
/** Each logs over 1200 bytes: more than the ingress's buffer and its pipe can hold. */
const FILLS_ALL = 2400;
const FILLS_PIPE = 300;
const FLOOD_AT_ONCE = 40;
/** One callback again and again: each has a line. A quote takes two bytes in JSON. */
const REPEATED = { requestID: `again-${'"'.repeat(490)}`, body: taskBody({ taskStatus: 1 }) };

export const blockedLog: Scenario = {
  name: 'blocked-log',
  breaks: 'nobody reads the log for a while; then its disk is full; then it is closed; SIGTERM in each case',
  loss: 'zero',
  async break(world) {
    const slots = [...world.ingresses, ...world.workers];
    await world.pass(1000);
    for (const slot of slots) slot.stdout()?.hold();
    await flood(world, FILLS_ALL);
    await goesOn(world, slots);
    for (const slot of slots) slot.stdout()?.release();
    for (const slot of world.ingresses) await slot.line('log lines were dropped');
    for (const slot of slots) slot.stdout()?.hold();
    await flood(world, FILLS_PIPE);
    await onFullDisk(world, slots);
    await Promise.all(slots.map((slot) => endsInOrder(slot)));
    for (const slot of slots) slot.stdout()?.close();
    await goesOn(world, slots);
    await Promise.all(slots.map((slot) => endsInOrder(slot)));
  },
};

/** Deliveries go on, and every process is live and ready. */
async function goesOn({ deliveries, outputs, pass }: World, slots: readonly AppSlot[]): Promise<void> {
  const arrived = () => outputs.reduce((sum, output) => sum + deliveries.arrivedAt(output), 0);
  const before = arrived();
  await pass(3000);
  for (const slot of slots) {
    const { ready } = await slot.readiness();
    if (!ready) throw new Error(`${slot.name} is not ready while its log cannot be written`);
  }
  await until(() => arrived() > before, { withinMs: WITHIN_MS, what: () => 'further deliveries' });
}

async function flood({ ingresses }: World, requests: number): Promise<void> {
  const urls = ingresses.flatMap((slot) => slot.url() ?? []);
  const send = async (first: number) => {
    for (let n = first; n < requests; n += FLOOD_AT_ONCE) {
      await postCallback({ ingress: urls[n % urls.length] ?? '', ...REPEATED });
    }
  };
  await Promise.all(Array.from({ length: FLOOD_AT_ONCE }, (_, first) => send(first)));
}

async function endsInOrder(slot: AppSlot, next?: Silent): Promise<void> {
  const code = await slot.replace(next);
  if (code !== 0) throw new Error(`${slot.name} ended with exit code ${code} while its log could not be written`);
}

async function onFullDisk(world: World, slots: readonly AppSlot[]): Promise<void> {
  const stdout = openSync('/dev/full', 'w');
  try {
    const places: Silent[] = [];
    for (const _ of slots) places.push(await silent(world, stdout));
    await Promise.all(slots.map((slot, index) => endsInOrder(slot, places[index])));
    await goesOn(world, slots);
  } finally {
    closeSync(stdout);
  }
}

/** With known ports. */
async function silent({ settingsPath }: World, stdout: number): Promise<Silent> {
  const [port, adminPort] = [await freePort(), await freePort()];
  // The ingress's two, and the worker's.
  const ports = [port, adminPort, adminPort].values();
  const path = `${settingsPath}.${port}.yaml`;
  await writeFile(
    path,
    (await readFile(settingsPath, 'utf8')).replaceAll(/ort: 0/g, () => `ort: ${ports.next().value}`),
  );
  return { stdout, env: { RINGBACK_CONFIG: path }, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${adminPort}` };
}
