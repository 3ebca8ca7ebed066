import { Field, Float, ID, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { DateScalar } from '../../platform/scalars.js';

const perMillion = 'US dollars for a million tokens';

/** A project's own price of a model: it goes before the public price list. */
// The unique rule is NULLS NOT DISTINCT: one price for any provider.
@Entity('model_prices')
@Unique('model_prices_unique', ['projectId', 'model', 'provider', 'validFrom'])
@ObjectType({
  simpleResolvers: true,
  description:
    "A project's own price of a model. It goes before the public price list from its first day on.",
})
export class ModelPrice {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'model_prices_pkey' })
  @Field(() => ID)
  id: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Project', { name: 'model_prices_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'Null = whichever provider the steps name.' })
  provider: string | null;

  @Column({ type: 'text' })
  @Field(() => String, { description: 'Exactly as the steps name it.' })
  model: string;

  @Column({ type: 'date' })
  @Field(() => DateScalar, {
    description: 'The first UTC day of which it holds, until the first day of a later one.',
  })
  validFrom: string;

  @Column({ type: 'numeric', precision: 20, scale: 10 })
  @Field(() => Float, {
    description: `${perMillion} of input that are neither read from a cache nor written.`,
  })
  inputUsd: number;

  @Column({ type: 'numeric', precision: 20, scale: 10, nullable: true })
  @Field(() => Float, { nullable: true, description: `${perMillion} read from a cache; null = as inputUsd.` })
  cachedInputUsd: number | null;

  @Column({ type: 'numeric', precision: 20, scale: 10, nullable: true })
  @Field(() => Float, {
    nullable: true,
    description: `${perMillion} written to a cache; null = as inputUsd.`,
  })
  cacheWriteUsd: number | null;

  @Column({ type: 'numeric', precision: 20, scale: 10 })
  @Field(() => Float, { description: `${perMillion} of output.` })
  outputUsd: number;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;
}
