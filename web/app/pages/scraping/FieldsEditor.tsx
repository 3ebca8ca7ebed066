import { useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import checks from '../../components/Checks.module.css';
import panel from '../../components/Panel.module.css';
import { newField, type FieldDraft } from './scraping-draft';
import styles from './ScrapingPage.module.css';

interface Props {
  fields: readonly FieldDraft[];
  onChange: (fields: FieldDraft[]) => void;
  /** What the server said of a field. */
  problemOf: (id: number, part: string) => string | undefined;
}

/** What each item is to hold: any number of named selectors. */
export function FieldsEditor({ fields, onChange, problemOf }: Props) {
  const [removals, setRemovals] = useState(0);
  const set = (id: number, part: Partial<FieldDraft>) =>
    onChange(fields.map((field) => (field.id === id ? { ...field, ...part } : field)));
  return (
    <fieldset className={panel.fieldset}>
      <legend>Fields of an item</legend>
      {fields.map((field, place) => (
        <div key={field.id} className={styles.field} role="group" aria-label={`Field ${place + 1}`}>
          <Field
            label="Name"
            value={field.name}
            onChange={(name) => set(field.id, { name })}
            problem={problemOf(field.id, 'name')}
          />
          <Field
            label="Selector"
            placeholder="CSS, such as h2 a"
            value={field.selector}
            onChange={(selector) => set(field.id, { selector })}
            problem={problemOf(field.id, 'selector')}
          />
          <Field
            label="Attribute"
            placeholder="its text"
            value={field.attribute}
            onChange={(attribute) => set(field.id, { attribute })}
            problem={problemOf(field.id, 'attribute')}
          />
          <div className={styles.marks}>
            <Mark isOn={field.many} label="All that match" onChange={(many) => set(field.id, { many })} />
            <Mark
              isOn={field.required}
              label="Required"
              onChange={(required) => set(field.id, { required })}
            />
            <Button
              look="small"
              aria-label={`Remove field ${place + 1}`}
              onPress={() => {
                onChange(fields.filter(({ id }) => id !== field.id));
                setRemovals(removals + 1);
              }}
            >
              Remove
            </Button>
          </div>
        </div>
      ))}
      <div>
        {/* The focus must not be lost with the button that was pressed. */}
        <Button
          key={removals}
          look="small"
          autoFocus={removals > 0}
          onPress={() => onChange([...fields, newField()])}
        >
          Add a field
        </Button>
      </div>
    </fieldset>
  );
}

interface MarkProps {
  isOn: boolean;
  label: string;
  onChange: (isOn: boolean) => void;
}

/** Yes or no. */
export function Mark({ isOn, label, onChange }: MarkProps) {
  return (
    <Checkbox isSelected={isOn} onChange={onChange} className={checks.check ?? ''}>
      <span className={checks.box} aria-hidden="true" />
      {label}
    </Checkbox>
  );
}
