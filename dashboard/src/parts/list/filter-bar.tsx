import { Button, type ComboboxData, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { dayOf } from './days.ts';
import { SavedFilters } from './saved-filters.tsx';

interface Common {
  /** Of its parameter in the address. */
  name: string;
  label: string;
  placeholder?: string;
  /** In pixels. */
  width?: number;
  /** On a phone behind a button. */
  more?: boolean;
}

/** One filter. A `choice` with a placeholder can be cleared; `search` is where the key `/` goes. */
export type Filter = Common &
  (
    | { kind: 'text' | 'search' | 'from_day' | 'until_day' }
    | { kind: 'choice' | 'segments'; choices: ComboboxData & readonly (string | { value: string; label: string })[] }
    | { kind: 'groups'; choices: ComboboxData }
  );

export interface FilterBarProps<State extends Record<string, string>> {
  /** Names the list: saved filters are kept by it. */
  list: string;
  filters: readonly Filter[];
  state: State;
  defaults: NoInfer<State>;
  change: (change: Partial<NoInfer<State>>) => void;
  /** Parameters of the address that a saved filter leaves out. */
  not_saved?: readonly string[];
  /** What stands before the filters. */
  children?: ReactNode;
}

/** The filters of a list, which live in the page's address; whatever they are can be saved under a name. */
export function FilterBar<State extends Record<string, string>>(props: FilterBarProps<State>): ReactNode {
  const { list, filters, state, defaults, change, not_saved, children } = props;
  const [first, later] = [filters.filter(({ more }) => more !== true), filters.filter(({ more }) => more === true)];
  const isSet = ({ name }: Filter): boolean => state[name] !== defaults[name];
  const [more, setMore] = useState(later.some(isSet));
  const fieldOf = (filter: Filter): ReactNode => (
    <Field
      key={filter.name}
      filter={filter}
      value={state[filter.name] ?? ''}
      onChange={(next) => change({ [filter.name]: next ?? defaults[filter.name] } as Partial<State>)}
    />
  );
  const clear = (): void =>
    change(Object.fromEntries(filters.map(({ name }) => [name, defaults[name]])) as Partial<State>);
  return (
    <search className="bw-filters">
      {children}
      {first.map(fieldOf)}
      {later.length > 0 && (
        <>
          <Button variant="default" className="bw-phone-only" aria-expanded={more} onClick={() => setMore(!more)}>
            {more ? 'Fewer filters' : 'More filters'}
          </Button>
          <div className="bw-more-filters" data-shown={more}>
            {later.map(fieldOf)}
          </div>
        </>
      )}
      <SavedFilters list={list} leave_out={not_saved ?? []} />
      {filters.some(isSet) && (
        <Button variant="subtle" onClick={clear}>
          Clear
        </Button>
      )}
    </search>
  );
}

interface FieldProps {
  filter: Filter;
  value: string;
  /** Null takes the default. */
  onChange: (value: string | null) => void;
}

function Field({ filter, value, onChange }: FieldProps): ReactNode {
  const { label, placeholder = label.toLowerCase(), width } = filter;
  const write = (event: { currentTarget: { value: string } }): void => onChange(event.currentTarget.value);
  switch (filter.kind) {
    case 'segments':
      return (
        <SegmentedControl aria-label={label} data={[...filter.choices]} value={value} onChange={onChange} size="sm" />
      );
    case 'choice':
    case 'groups':
      return (
        <Select
          aria-label={label}
          {...(filter.placeholder === undefined ? { allowDeselect: false } : { clearable: true, placeholder })}
          searchable={filter.choices.length > 8}
          data={filter.choices}
          value={value || null}
          onChange={onChange}
          w={width ?? 150}
        />
      );
    case 'from_day':
    case 'until_day':
      return (
        <TextInput
          type="date"
          aria-label={label}
          leftSection={<span className="bw-dim">{filter.kind === 'from_day' ? 'from' : 'until'}</span>}
          leftSectionWidth={44}
          value={dayOf(value)}
          onChange={write}
          w={170}
        />
      );
    case 'search':
      return (
        <TextInput
          data-search
          aria-label={label}
          placeholder={placeholder}
          leftSection={<IconSearch size={15} />}
          value={value}
          onChange={write}
          w={width ?? 190}
        />
      );
    case 'text':
      return <TextInput aria-label={label} placeholder={placeholder} value={value} onChange={write} w={width ?? 130} />;
  }
}
