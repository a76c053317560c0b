import type { Callback, Fault } from '@ringback/contracts';
import type { Plan } from './move-plan.ts';

const MOST = 100;
/** Of bodies, in characters. */
const SIZE = 4 * 1024 * 1024;

export type MovedDeliveries = {
  /** The first output makes none of them any more. */
  readonly moved: readonly Callback[];
  /** Of these, what waits at the other one since. */
  readonly waiting: readonly Callback[];
  /** Of these, what is a dead letter at the other one. */
  readonly dead: readonly Callback[];
  readonly reason: string;
  readonly fault: Fault;
};

/** Called for some at once: the other output has them, the first one still as well. MUST NOT reject. */
export type OnMoved = (deliveries: readonly MovedDeliveries[]) => Promise<void>;

type Added = {
  readonly plan: Plan;
  readonly why: Pick<MovedDeliveries, 'reason' | 'fault'>;
  readonly remove: () => Promise<void>;
};

/** Takes what the other output has by now. */
export type Portion = {
  add(added: Added): Promise<void>;
  /** Removes the rest from the first output. */
  finish(): Promise<void>;
};

type PortionOptions = { readonly confirm: () => Promise<void>; readonly onMoved: OnMoved | undefined };

/** MUST tell before it removes: a run that is cut off in between finds them again, and tells them again. */
export function createPortion({ confirm, onMoved }: PortionOptions): Portion {
  let [all, size]: [Added[], number] = [[], 0];
  async function finish(): Promise<void> {
    const portion = all;
    [all, size] = [[], 0];
    if (portion.length === 0) return;
    await confirm();
    await onMoved?.(portion.map(({ plan, why }) => ({ ...movedIn(plan), ...why })));
    for (const { remove } of portion) await remove();
  }
  return {
    async add(added) {
      all.push(added);
      size += movedIn(added.plan).moved.reduce((sum, { body }) => sum + body.length, 0);
      if (all.length >= MOST || size >= SIZE) await finish();
    },
    finish,
  };
}

function movedIn({ dead, alone, together, delivered, waiting }: Plan) {
  return { moved: [...delivered, ...dead, ...alone, ...together], waiting, dead };
}
