import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TimelineValueAlignment,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
  VizTooltipOptionsBuilder,
  type DataSourceRef,
} from '@grafana/grafana-foundation-sdk/common';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  FieldColorBuilder,
  FieldColorModeId,
  PanelBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel,
  type Threshold,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { overrideOf, type Field } from './field.js';
import { colours, thresholds as houseThresholds, units } from './house.js';
import type { Query } from './query.js';

/** A panel and how many of the 24 columns it takes. */
export interface Placed {
  readonly width: number;
  readonly panel: Builder<Panel>;
}

interface Common {
  readonly title: string;
  /** What it shows, and what 0 or nothing means. */
  readonly description: string;
  readonly width: number;
  readonly queries: readonly Query[];
  readonly unit: string;
  /** How single columns, or series by their name, differ from the rest. */
  readonly fields?: readonly Field[];
  /** In place of a panel without data. It is also there when the source does not answer: it must be true of both. */
  readonly empty: string;
}

/** Figures side by side: every number of the first row is one; with `texts` so is every other column. */
export function figures(
  options: Common & { thresholds?: Threshold[]; mappings?: ValueMapping[]; texts?: true; valueSize?: number },
): Placed {
  const panel = frame(new StatBuilder(), options)
    .mappings(options.mappings ?? [])
    .thresholds(absolute(options.thresholds ?? houseThresholds.plain))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .justifyMode(BigValueJustifyMode.Auto)
    .textMode(BigValueTextMode.ValueAndName)
    .orientation(VizOrientation.Auto)
    .reduceOptions(
      new ReduceDataOptionsBuilder()
        .calcs(['lastNotNull'])
        .fields(options.texts ? '/.*/' : '')
        .values(false),
    );
  // One long text would else make all the others as small.
  if (options.texts && options.valueSize !== undefined)
    panel.text(new VizTextDisplayOptionsBuilder().titleSize(14).valueSize(options.valueSize));
  return { width: options.width, panel };
}

/** Figures side by side: each row is one, called by its column `name`, with what is in its column `value`. */
export function rowFigures(
  options: Common & { name: string; value: string; mappings?: ValueMapping[] },
): Placed {
  const { panel, width } = figures({ ...options, texts: true });
  const turned = {
    id: 'rowsToFields',
    options: {
      mappings: [
        { fieldName: options.name, handlerKey: 'field.name' },
        { fieldName: options.value, handlerKey: 'field.value' },
      ],
    },
  };
  return { width, panel: (panel as StatBuilder).withTransformation(turned) };
}

/** What is said of a table without rows would else stand in each cell without a value. */
const emptyCells: Field = { name: '/.*/', empty: '' };

/** Rows as they come. */
export function table(options: Common): Placed {
  const panel = frame(new TableBuilder(), { ...options, fields: [emptyCells, ...(options.fields ?? [])] })
    .thresholds(absolute(houseThresholds.plainText))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .minWidth(95)
    .filterable(false);
  return { width: options.width, panel };
}

/** Lines over time, or bars that are stacked. */
export function lines(options: Common & { stacked?: true; max?: number; decimals?: number }): Placed {
  const panel = frame(new SeriesBuilder(), options)
    .min(0)
    .legend(bottomLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .showPoints(VisibilityMode.Never)
    .lineWidth(1)
    .fillOpacity(options.stacked ? 60 : 8);
  if (options.stacked) {
    panel
      .drawStyle(GraphDrawStyle.Bars)
      .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  }
  if (options.max !== undefined) panel.max(options.max);
  return { width: options.width, panel };
}

/** States over time, a lane for each series. */
export function timeline(options: Omit<Common, 'empty'> & { mappings: ValueMapping[] }): Placed {
  const panel = frame(new TimelineBuilder(), options)
    .mappings(options.mappings)
    // Colours come from the mappings; by thresholds, Grafana would merge states that share one.
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(colours.quiet))
    .showValue(VisibilityMode.Never)
    .alignValue(TimelineValueAlignment.Left)
    .rowHeight(0.8)
    .fillOpacity(80)
    .legend(bottomLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));
  return { width: options.width, panel };
}

/** A panel of the app in `grafana/app`, which asks HQ itself. */
export function acting({
  title,
  description,
  width,
  panel,
  everyStore,
}: {
  title: string;
  description: string;
  width: number;
  panel: 'resync' | 'token' | 'errors' | 'maintenance';
  /** Of all stores, whichever is chosen. */
  everyStore?: true;
}): Placed {
  return {
    width,
    panel: new PanelBuilder()
      .type(`hqsync-${panel}-panel`)
      .title(title)
      .description(description)
      .unit(units.text)
      .options({ ...(everyStore && { everyStore }) }),
  };
}

/** What panels of all kinds are given. */
function frame<
  B extends Builder<Panel> & {
    title(title: string): B;
    description(description: string): B;
    unit(unit: string): B;
    datasource(datasource: DataSourceRef): B;
    targets(targets: Query[]): B;
    noValue(text: string): B;
    overrides(overrides: ReturnType<typeof overrideOf>[]): B;
  },
>(
  builder: B,
  { title, description, unit, queries, fields = [], empty }: Omit<Common, 'empty'> & { empty?: string },
): B {
  if (empty !== undefined) builder.noValue(empty);
  return builder
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(queries[0]!.build().datasource)
    .targets([...queries])
    .overrides(fields.map(overrideOf));
}

function bottomLegend(shown: boolean): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(shown);
}

function absolute(of: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...of]);
}
