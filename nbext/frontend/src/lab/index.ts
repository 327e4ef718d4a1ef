/** The extension for JupyterLab and Notebook 7: connects open notebooks to their dataflows. */

import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { ICompletionProviderManager } from "@jupyterlab/completer";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { colourRules } from "../theme";
import { addCheck, addCommands, compute, IDS } from "./commands";
import { DataflowCompletions } from "./completion";
import { Editors } from "./editor";
import type { Link } from "./link";
import { Links } from "./links";
import { Marks } from "./marks";
import { DEFAULTS, readSettings } from "./settings";
import { SidePanel } from "./sidepanel";

declare const STYLE: string;
const PLUGIN = "dagbook:plugin";

function addStyle(): void {
  const style = document.createElement("style");
  style.dataset.dagbook = "";
  style.textContent = colourRules() + STYLE;
  document.head.append(style);
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "The dataflow of a notebook: side panel, marks in the cells, help while typing, conversion and export.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ISettingRegistry, ITranslator, ICompletionProviderManager, ILayoutRestorer, ILabShell, ILauncher],
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker, palette: ICommandPalette | null, registry: ISettingRegistry | null, translator: ITranslator | null, completers: ICompletionProviderManager | null, restorer: ILayoutRestorer | null, labShell: ILabShell | null, launcher: ILauncher | null) => {
    addStyle();
    const trans = (translator ?? nullTranslator).load("dagbook");
    let settings = DEFAULTS;
    const links = new Links(tracker, trans);
    // The toolbar listens only to changes of commands by name.
    const notifyCommands = (): void => Object.values(IDS).forEach((id) => app.commands.notifyCommandChanged(id));
    const fittings: { marks: Marks; editors: Editors }[] = [];
    const fit = (link: Link): void => {
      const fitting = { marks: new Marks(link, trans), editors: new Editors(link, () => ({ underline: settings.problems, hover: settings.hover }), trans) };
      fitting.marks.show(settings.marks);
      fittings.push(fitting);
      link.panel.disposed.connect(() => void fittings.splice(fittings.indexOf(fitting), 1));
      link.changed.connect((_, news) => {
        if (news === "connection") notifyCommands();
      });
    };
    links.added.connect((_, link) => fit(link));

    const run = (id: string) => (): void => void app.commands.execute(id);
    const panel = new SidePanel(links, { compute, check: (link, node) => void addCheck(link, node), convert: run(IDS.convert), load: run(IDS.load), runAll: run(IDS.all), runPending: run(IDS.stale) }, trans);
    app.shell.add(panel, "right", { rank: 900, type: "Dataflow" });
    restorer?.add(panel, panel.id);
    addCommands(app, links, trans, () => {
      if (panel.isVisible) return;
      app.shell.activateById(panel.id);
      // The side areas of Notebook 7 are closed; newer releases do not open them.
      if (labShell === null && !panel.isVisible) (app.shell as unknown as { expandRight?(id: string): void }).expandRight?.(panel.id);
    });
    links.current.connect(notifyCommands);
    for (const command of Object.values(IDS)) palette?.addItem({ command, category: trans.__("Dataflow") });
    launcher?.add({ command: IDS.new, category: trans.__("Notebook"), rank: 1, args: { isLauncher: true } });
    completers?.registerProvider(new DataflowCompletions(links, () => settings.completion, trans));

    void registry?.load(PLUGIN).then((loaded) => {
      const read = (): void => {
        settings = readSettings((name) => loaded.get(name).composite);
        for (const { marks, editors } of fittings) {
          marks.show(settings.marks);
          editors.update();
        }
      };
      loaded.changed.connect(read);
      read();
    });
  },
};

export default [plugin];
