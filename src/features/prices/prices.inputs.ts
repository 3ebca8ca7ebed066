import { Field, Float, ID, InputType } from 'type-graphql';
import { DateScalar } from '../../platform/scalars.js';
import { Range, Text } from '../../platform/validation.js';

const dearest = 1e6;

@InputType({
  description:
    'US dollars for a million tokens. A price of the same model, provider and first day is put in its place.',
})
export class SetModelPriceInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: 'Exactly as the steps name it.' })
  @Text({ min: 1, max: 200 })
  model: string;

  @Field(() => String, { nullable: true, description: 'Whichever the steps name, unless told.' })
  @Text({ max: 200 })
  provider?: string | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'The first UTC day of which it holds; for all time unless told.',
  })
  validFrom?: string | null;

  @Field(() => Float)
  @Range(0, dearest)
  inputUsd: number;

  @Field(() => Float, { nullable: true, description: 'Tokens read from a cache; as inputUsd unless told.' })
  @Range(0, dearest)
  cachedInputUsd?: number | null;

  @Field(() => Float, { nullable: true, description: 'Tokens written to a cache; as inputUsd unless told.' })
  @Range(0, dearest)
  cacheWriteUsd?: number | null;

  @Field(() => Float)
  @Range(0, dearest)
  outputUsd: number;
}
