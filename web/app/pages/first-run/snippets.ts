/** Stands where the key goes until there is one. */
export const KEY_PLACEHOLDER = '<your API key>';

export type SnippetLanguage = 'curl' | 'typescript';

interface SnippetOptions {
  origin: string;
  projectId: string;
  secret: string;
}

const AGENT = 'mutation($input: CreateAgentInput!) { createAgent(input: $input) { id } }';
const TASK = 'mutation($input: CreateTaskInput!) { createTask(input: $input) { id } }';
const STEPS = 'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }';

/** Makes an agent, starts a task and records its first step: whole programs, to be pasted as they are. */
export const SNIPPETS: Record<SnippetLanguage, (options: SnippetOptions) => string> = {
  curl: ({ origin, projectId, secret }) => `ask() {
  curl -s ${origin}/graphql -H 'authorization: Bearer ${secret}' \\
    -H 'content-type: application/json' -d "$1"
}
id_of() { sed 's/.*"id":"\\([^"]*\\)".*/\\1/'; }

AGENT=$(ask '{"query": "${AGENT}",
  "variables": {"input": {"projectId": "${projectId}", "name": "first-agent-'$$'"}}}' | id_of)

TASK=$(ask '{"query": "${TASK}",
  "variables": {"input": {"agentId": "'$AGENT'", "name": "My first task", "start": true}}}' | id_of)

ask '{"query": "${STEPS}",
  "variables": {"input": {"taskId": "'$TASK'", "steps": [
    {"key": "1", "type": "LLM", "name": "Think", "inputTokens": 120, "outputTokens": 40}]}}}'
`,
  typescript: ({ origin, projectId, secret }) => `async function ask(query: string, input: object) {
  const response = await fetch('${origin}/graphql', {
    method: 'POST',
    headers: { authorization: 'Bearer ${secret}', 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

const { createAgent } = await ask(
  '${AGENT}',
  { projectId: '${projectId}', name: \`first-agent-\${Date.now()}\` },
);
const { createTask } = await ask(
  '${TASK}',
  { agentId: createAgent.id, name: 'My first task', start: true },
);
await ask(
  '${STEPS}',
  {
    taskId: createTask.id,
    steps: [{ key: '1', type: 'LLM', name: 'Think', inputTokens: 120, outputTokens: 40 }],
  },
);
`,
};
