import { Field, ID, InputType } from 'type-graphql';
import { JsonScalar } from '../../platform/scalars.js';
import { Json, Text } from '../../platform/validation.js';
import { AgentKind, AgentStatus } from './agent.entity.js';

@InputType()
export class AgentFilter {
  @Field(() => [AgentKind], { nullable: true })
  kinds?: AgentKind[] | null;

  @Field(() => [AgentStatus], { nullable: true })
  statuses?: AgentStatus[] | null;

  @Field(() => String, { nullable: true, description: 'Part of the name, without regard to case.' })
  @Text({ max: 200 })
  search?: string | null;
}

@InputType()
export class CreateAgentInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: 'Unique within the project, 1 to 200 characters; else CONFLICT.' })
  @Text({ max: 200 })
  name: string;

  @Field(() => String, { nullable: true })
  @Text({ max: 5000 })
  description?: string | null;

  @Field(() => AgentKind, { nullable: true, description: 'LLM unless told.' })
  kind?: AgentKind | null;

  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  provider?: string | null;

  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  model?: string | null;

  @Field(() => JsonScalar, { nullable: true })
  @Json()
  config?: unknown;
}

@InputType()
export class UpdateAgentInput {
  @Field(() => ID)
  id: string;

  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'null takes the description away; left out, it stays.',
  })
  @Text({ max: 5000 })
  description?: string | null;

  @Field(() => AgentStatus, { nullable: true })
  status?: AgentStatus | null;
}

@InputType()
export class PublishAgentVersionInput {
  @Field(() => ID)
  agentId: string;

  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  provider?: string | null;

  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  model?: string | null;

  @Field(() => JsonScalar, { nullable: true })
  @Json()
  config?: unknown;

  @Field(() => String, {
    nullable: true,
    description: 'Why this version is made, for those who compare later.',
  })
  @Text({ max: 5000 })
  note?: string | null;
}
