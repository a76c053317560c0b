/** @throws if the budget is used up */
export type Cost = (steps: number) => void;

type CostOf = (operands: readonly unknown[], charge: Cost) => void;

const TEXT_SHIFT = 8;

const COMPARE: CostOf = ([left, right], charge) => {
  if (isObject(left) && isObject(right)) weigh(left, charge);
};

const COSTS: Readonly<Record<string, CostOf>> = {
  '==': COMPARE,
  '!=': COMPARE,
  in([value, list], charge) {
    if (!Array.isArray(list)) return;
    if (isObject(value)) weigh(list, charge);
    else charge(list.length);
  },
  '+'([left, right], charge) {
    for (const operand of [left, right]) if (Array.isArray(operand)) charge(operand.length);
  },
  comprehension([items], charge) {
    charge(sizeOf(items));
  },
};

/** A search may compare each character with each. */
const SEARCH: CostOf = ([text, wanted], charge) => {
  if (typeof text === 'string' && typeof wanted === 'string') charge(Math.floor((text.length * wanted.length) / 1024));
};

/** Whatever the receiver. */
const FUNCTION_COSTS: Readonly<Record<string, CostOf>> = {
  contains: SEARCH,
  indexOf: SEARCH,
  lastIndexOf: SEARCH,
  split(operands, charge) {
    SEARCH(operands, charge);
    charge(lengthOf(operands[0]) >>> 3);
  },
  join([list, separator], charge) {
    weigh(list, charge);
    if (Array.isArray(list)) charge((list.length * lengthOf(separator)) >>> TEXT_SHIFT);
  },
  size: ([value], charge) => charge((lengthOf(value) >>> 5) + sizeOf(value)),
  json: ([bytes], charge) => charge(bytes instanceof Uint8Array ? bytes.length >>> 4 : 0),
  // cel-js's own pattern needs cubic time for a run of digits.
  duration: ([text], charge) => charge(Math.floor(lengthOf(text) ** 3 / 1024)),
};

/** About 50 µs. */
const TIME_ZONE_COST = 500;

/** Cost beyond one step. Undefined: none. */
export function costOf(op: string, name: string | undefined): CostOf | undefined {
  if (name === undefined) return Object.hasOwn(COSTS, op) ? COSTS[op] : undefined;
  if (name.startsWith('get')) return (operands, charge) => charge(operands.length > 1 ? TIME_ZONE_COST : 0);
  return Object.hasOwn(FUNCTION_COSTS, name) ? FUNCTION_COSTS[name] : undefined;
}

/** One step per value, so the walk is bounded too. */
function weigh(root: unknown, charge: Cost): void {
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    charge(1 + (lengthOf(value) >>> TEXT_SHIFT));
    if (Array.isArray(value)) addAll(value, waiting, charge);
    else if (value instanceof Map) addAll(value.values(), waiting, charge);
    else if (isPlain(value)) addAll(Object.values(value), waiting, charge);
  }
}

function addAll(values: Iterable<unknown>, waiting: unknown[], charge: Cost): void {
  for (const value of values) {
    charge(1);
    waiting.push(value);
  }
}

/** `bytes.json()` returns plain objects; other maps are Maps. */
function sizeOf(value: unknown): number {
  if (value instanceof Map) return value.size;
  return isPlain(value) ? Object.keys(value).length : 0;
}

function isPlain(value: unknown): value is object {
  return isObject(value) && value.constructor === Object;
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
