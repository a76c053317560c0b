export { unknownInPath } from './body-path.ts';
export { checkCondition } from './condition.ts';
export type { UnknownField } from './condition-fields.ts';
export { type ConditionReview, reviewCondition } from './condition-review.ts';
export type { ConditionPart } from './explain-parts.ts';
export { explainRoutes, type RouteExplanation } from './explain.ts';
export { matchesType } from './match-type.ts';
export { createRouter, routerInSteps, type Route, type Router, type Routing } from './router.ts';
