import firstSteps from './first-steps.graphql?raw';

const VARIABLES = JSON.stringify({ projectId: '', agentId: '', taskId: '' }, null, 2);

/**
 * On the first visit, puts the first steps and their variables where GraphiQL keeps what was typed last. Its own props
 * for a default have no place for variables, or open one more tab at each visit.
 */
export function prepareFirstVisit(storage: Storage): void {
  if (storage.getItem('graphiql:tabState') !== null) return;
  storage.setItem('graphiql:query', firstSteps);
  storage.setItem('graphiql:variables', VARIABLES);
}
