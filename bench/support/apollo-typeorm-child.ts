import 'reflect-metadata';
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { Arg, buildSchema, Field, Float, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { createBinnacleDataSource } from '../../src/data-source.js';
import { TaskStep } from '../../src/features/tasks/index.js';
import { DateTimeScalar } from '../../src/platform/scalars.js';

// The usual way: Apollo Server's own executor, entities hydrated by TypeORM, a resolver on type-graphql.
const dataSource = createBinnacleDataSource({ url: process.env.DATABASE_URL ?? '' });
await dataSource.initialize();

@ObjectType()
class Step {
  @Field(() => Int) seq: number;
  @Field(() => String) key: string;
  @Field(() => String) type: string;
  @Field(() => String) name: string;
  @Field(() => String) status: string;
  @Field(() => Date, { nullable: true }) startedAt: Date | null;
  @Field(() => Date, { nullable: true }) endedAt: Date | null;
  @Field(() => Float, { nullable: true }) latencyMs: number | null;
  @Field(() => String, { nullable: true }) model: string | null;
  @Field(() => Int, { nullable: true }) inputTokens: number | null;
  @Field(() => Int, { nullable: true }) outputTokens: number | null;
  @Field(() => Float, { nullable: true }) costUsd: number | null;
}

@ObjectType()
class Steps {
  @Field(() => [Step]) nodes: Step[];
}

@ObjectType()
class OneTask {
  @Field(() => Steps) steps: Steps;
}

@Resolver()
class TaskResolver {
  @Query(() => OneTask)
  async task(@Arg('id', () => ID) taskId: string): Promise<OneTask> {
    const nodes = await dataSource.manager.find(TaskStep, {
      where: { taskId },
      order: { seq: 'ASC' },
      take: 100,
    });
    return { steps: { nodes } };
  }
}

const schema = await buildSchema({
  resolvers: [TaskResolver],
  scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
});
const apollo = new ApolloServer({ schema });
await apollo.start();
const app = express();
app.use('/graphql', express.json(), expressMiddleware(apollo));
const server = createServer(app).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
});
process.on('SIGTERM', () => process.exit());
