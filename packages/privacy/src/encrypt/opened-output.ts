import { cannotDecrypt, type Output } from '@ringback/contracts';
import type { BodyCodec } from './body-codec.ts';

/** The output with opened bodies. Without the key its deliveries wait, as for a destination that is away. */
export function openedOutput(output: Output, open: BodyCodec['open']): Output {
  return {
    ...output,
    async deliver(delivery, signal) {
      try {
        return await output.deliver({ ...delivery, callback: open(delivery.callback) }, signal);
      } catch (error) {
        if (!cannotDecrypt(error)) throw error;
        return { outcome: 'retry', failure: 'unavailable', reason: `${error.code}: ${error.message}`, fault: 'ours' };
      }
    },
  };
}
