import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { JsonScalar } from '../../platform/scalars.js';

export enum AgentKind {
  LLM = 'LLM',
  SCRAPER = 'SCRAPER',
  META = 'META',
  CUSTOM = 'CUSTOM',
}
registerEnumType(AgentKind, { name: 'AgentKind', description: 'What sort of work an agent does.' });

export enum AgentStatus {
  ACTIVE = 'ACTIVE',
  PAUSED = 'PAUSED',
  ARCHIVED = 'ARCHIVED',
}
registerEnumType(AgentStatus, {
  name: 'AgentStatus',
  description: 'ACTIVE takes new tasks; PAUSED and ARCHIVED refuse them with CONFLICT.',
});

@Entity('agents')
@Unique('agents_name_unique', ['projectId', 'name'])
@ObjectType({
  simpleResolvers: true,
  description: 'One agent of a fleet: a name under which work is done, in versions.',
})
export class Agent {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'agents_pkey' })
  @Field(() => ID)
  id: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Project', { name: 'agents_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @Column({ type: 'text' })
  @Field(() => String, { description: 'Unique within the project.' })
  name: string;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true })
  description: string | null;

  @Column({ type: 'text' })
  @Field(() => AgentKind)
  kind: AgentKind;

  @Column({ type: 'text' })
  @Field(() => AgentStatus)
  status: AgentStatus;

  /** The version that new tasks run; written in the transaction that makes the agent, so never null to readers. */
  @Column({ type: 'uuid' })
  currentVersionId: string;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, {
    nullable: true,
    description: 'When it last reported anything, exact to half a minute; null = never.',
  })
  lastSeenAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  updatedAt: Date;
}

@Entity('agent_versions')
@Unique('agent_versions_number_unique', ['agentId', 'number'])
@ObjectType({
  simpleResolvers: true,
  description:
    'Model and configuration that an agent runs with. A version never changes: a change is a new version.',
})
export class AgentVersion {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'agent_versions_pkey' })
  @Field(() => ID)
  id: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Agent', { name: 'agent_versions_agent_fk', onDelete: 'CASCADE' })
  agentId: string;

  @Column({ type: 'int' })
  @Field(() => Int, { description: '1, 2, 3 … within the agent.' })
  number: number;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'As OpenTelemetry names it: openai, anthropic, …' })
  provider: string | null;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true })
  model: string | null;

  @Column({ type: 'json' })
  @Field(() => JsonScalar, {
    description: 'Everything else it runs with: temperature, limits, prompts; {} where nothing was said.',
  })
  config: unknown;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'Why this version was made.' })
  note: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;
}
