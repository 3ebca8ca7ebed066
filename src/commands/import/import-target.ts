import { ask, type ServerAccess, type TargetProject } from '../project-access.js';
import type { TauBenchSource } from './tau-bench.js';

export interface TargetAgent {
  id: string;
  name: string;
}

const ENSURE_AGENT = `mutation ImportEnsureAgent($input: CreateAgentInput!) { ensureAgent(input: $input) { id name } }`;

/** The agent of this name; made where the project has none yet. */
export async function ensureAgent(
  access: ServerAccess,
  project: TargetProject,
  name: string,
  source: TauBenchSource,
): Promise<TargetAgent> {
  const { provider, model } = source;
  const description = 'Runs of τ-bench, imported: their times and costs are not known.';
  const input = { projectId: project.id, name, description, kind: 'LLM', provider, model };
  return (await ask<{ ensureAgent: TargetAgent }>(access, ENSURE_AGENT, { input })).ensureAgent;
}
