import React from 'react';

/** Which types of data: all unless some are left out. */
export function Entities({
  all,
  left,
  legend,
  onChange,
}: {
  readonly all: readonly string[];
  /** Left out. */
  readonly left: ReadonlySet<string>;
  readonly legend: string;
  onChange(left: ReadonlySet<string>): void;
}) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div className="row">
        {all.map((entity) => (
          <label key={entity}>
            <input
              type="checkbox"
              checked={!left.has(entity)}
              onChange={({ target }) =>
                onChange(
                  new Set(target.checked ? [...left].filter((one) => one !== entity) : [...left, entity]),
                )
              }
            />
            {entity}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
