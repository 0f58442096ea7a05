import { PanelPlugin } from '@grafana/data';
import { inFleet } from '../in-store.js';
import { ErrorsPanel } from './ErrorsPanel.js';

export const plugin = new PanelPlugin(inFleet(ErrorsPanel));
