import { type TObject, Type } from 'typebox';
import { isNode, isSeq, type Node } from 'yaml';
import type { Steps } from './in-steps.ts';
import { entriesOf } from './nodes.ts';
import { join } from './problem.ts';
import { type Read, read, type ReadContext } from './read.ts';

/** What `read` does, with a pause after each entry of the long lists. */
export function* readInSteps(schema: TObject, root: Node, context: ReadContext): Steps<Read> {
  const entries = entriesOf(root);
  for (const [key, property] of Object.entries(schema.properties)) {
    const list = entries.get(key)?.value;
    if (!isSeq(list) || !Type.IsArray(property) || context.document.marks.has(list)) continue;
    for (const [index, item] of list.items.filter(isNode).entries()) {
      const path = join(key, index);
      context.done.set(path, read(property.items, item, path, context));
      yield;
    }
  }
  return read(schema, root, '', context);
}
