export { checkCondition } from './condition.ts';
export { matchesType } from './match-type.ts';
export { createRouter, type Route, type Router, type Routing } from './router.ts';
