"""Which rasters are asked about, what they are, and what to mind."""

from __future__ import annotations

from qgis.core import QgsProject, QgsRasterLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from ..layers.choice import LayerChoice, choice_of, differing_grids, rasters, store_correction
from ..plain_text import tooltip
from .bands_dialog import BandsDialog
from .card import text_label

_NAME, _ROLE, _DATE, _BANDS = range(4)
_ROLES = ("optical", "sar")


class LayersBox(QWidget):
    """A table of the project's rasters. `changed` when a tick, a role, a date or bands change."""

    changed = pyqtSignal()

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._iface = iface
        self._project = QgsProject.instance()
        self._choices: list[LayerChoice] = []
        self._ticked: set[str] = set()
        self._recognised: dict[str, dict] = {}
        self._is_filling = False
        self.table = QTableWidget(0, 4)
        self.table.setHorizontalHeaderLabels([tr("Image"), tr("Sensor"), tr("Date"), tr("Bands")])
        self.table.verticalHeader().setVisible(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column in (_ROLE, _DATE, _BANDS):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setAccessibleName(tr("Images to ask about"))
        self.use_selected = QPushButton(tr("Use selected layers"))
        self.use_selected.setToolTip(tr("Tick the rasters that are selected in the Layers panel"))
        self.correct = QPushButton(tr("Sensor and bands…"))
        self.correct.setToolTip(tr("Set the sensor, the date and the bands of the chosen row"))
        self.warnings = text_label(small=True)
        self.warnings.setVisible(False)
        row = QHBoxLayout()
        row.addWidget(self.use_selected)
        row.addWidget(self.correct)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        column.addLayout(row)
        column.addWidget(self.warnings)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.refresh)
        self.use_selected.clicked.connect(self.tick_selected)
        self.correct.clicked.connect(self._correct_row)
        self.table.itemChanged.connect(self._on_item)
        self.table.itemDoubleClicked.connect(lambda item: item.column() == _BANDS and self._correct_row())
        self._project.layersAdded.connect(self._on_added)
        self._project.layersRemoved.connect(self._refresh_soon)
        self._project.readProject.connect(self._refresh_soon)
        self._project.layerTreeRoot().nameChanged.connect(self._refresh_soon)
        self.refresh()

    def choices(self) -> list[LayerChoice]:
        """Return the ticked layers in the order of the table."""
        return [choice for choice in self._choices if choice.layer_id in self._ticked]

    def layers(self) -> list[QgsRasterLayer]:
        """Return the ticked layers themselves."""
        found = (self._project.mapLayer(choice.layer_id) for choice in self.choices())
        return [layer for layer in found if isinstance(layer, QgsRasterLayer)]

    def tick_selected(self) -> None:
        """Tick the rasters that are selected in the layer tree, and only those."""
        selected = {
            layer.id() for layer in self._iface.layerTreeView().selectedLayers() if isinstance(layer, QgsRasterLayer)
        }
        if selected:
            self.tick(selected)

    def tick(self, layer_ids: set[str]) -> None:
        """Tick these layers and no others."""
        self._ticked = set(layer_ids)
        self.refresh()
        self.changed.emit()

    def show_recognised(self, layers: list[dict]) -> None:
        """Fill in what the backend recognised in the files."""
        for item in layers:
            if isinstance(item, dict) and item.get("path"):
                self._recognised[str(item["path"])] = item
        self.refresh()

    def refresh(self) -> None:
        """Read the project's layers again."""
        found = rasters(self._project)
        self._choices = [choice_of(layer) for layer in found]
        present = {choice.layer_id for choice in self._choices}
        self._ticked &= present
        self._is_filling = True
        self.table.setRowCount(len(self._choices))
        for row, choice in enumerate(self._choices):
            self._fill_row(row, choice)
        self._is_filling = False
        rows = max(1, len(self._choices))
        self.use_selected.setEnabled(bool(self._choices))
        self.correct.setEnabled(bool(self._choices))
        row_height = self.table.verticalHeader().defaultSectionSize()
        head = self.table.horizontalHeader().sizeHint().height() + 4
        self.table.setMinimumHeight(head + min(rows, 2) * row_height)
        self.table.setMaximumHeight(head + min(rows, 5) * row_height)
        self._show_warnings(found)

    def detach(self) -> None:
        """Let go of the project."""
        self._soon.stop()
        self._project.layersAdded.disconnect(self._on_added)
        self._project.layersRemoved.disconnect(self._refresh_soon)
        self._project.readProject.disconnect(self._refresh_soon)
        self._project.layerTreeRoot().nameChanged.disconnect(self._refresh_soon)

    def _refresh_soon(self, *_args: object) -> None:
        self._soon.start(0)

    def _fill_row(self, row: int, choice: LayerChoice) -> None:
        known = {} if choice.corrected else self._recognised.get(choice.path, {})
        name = QTableWidgetItem(choice.name)
        name.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        name.setCheckState(Qt.CheckState.Checked if choice.layer_id in self._ticked else Qt.CheckState.Unchecked)
        name.setToolTip(tooltip("\n".join([choice.path or choice.provider, *choice.warnings])))
        self.table.setItem(row, _NAME, name)
        role = QComboBox()
        role.setFrame(False)
        role.addItems([tr("Optical"), tr("Radar")])
        role.setCurrentIndex(_ROLES.index(known.get("role") or choice.role))
        role.setToolTip(tooltip(str(known.get("reason") or "")))
        role.activated.connect(lambda index, layer_id=choice.layer_id: self._set_role(layer_id, _ROLES[index]))
        self.table.setCellWidget(row, _ROLE, role)
        date = QTableWidgetItem(choice.date or str(known.get("date") or ""))
        date.setToolTip(tr("Date as YYYY-MM-DD; double-click to change"))
        self.table.setItem(row, _DATE, date)
        bands = QTableWidgetItem(_bands_text(choice, known))
        bands.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        names = ", ".join(list(choice.bands) or [str(band) for band in known.get("bands") or []])
        hints = (names, str(known.get("reason") or ""), tr("Double-click to name the bands"))
        bands.setToolTip(tooltip("\n".join(hint for hint in hints if hint)))
        self.table.setItem(row, _BANDS, bands)

    def _show_warnings(self, found: list[QgsRasterLayer]) -> None:
        chosen = [layer for layer in found if layer.id() in self._ticked]
        named: dict[str, list[str]] = {}
        for choice in self.choices():
            found_in_file = self._recognised.get(choice.path, {}).get("warnings") or []
            own = [
                warning
                for warning in found_in_file
                if not {"CRS", "georeference"} & set(warning.replace(";", " ").split())
            ]
            for warning in [*choice.warnings, *([] if choice.corrected else own)]:
                named.setdefault(warning, []).append(choice.name)
        lines = [
            f"⚠ {names[0] if len(names) == 1 else f'{names[0]} +{len(names) - 1}'}: {text}"
            for text, names in named.items()
        ]
        self.warnings.setToolTip(tooltip("\n".join(f"{', '.join(names)}: {text}" for text, names in named.items())))
        if difference := differing_grids(chosen):
            lines.append(f"⚠ {difference}")
        if not found:
            lines = [tr("No raster in the project yet. Add one: Layer > Add Layer > Add Raster Layer.")]
        elif not chosen:
            lines = [tr("Tick the images that the question is about.")]
        self.warnings.setText("\n".join(lines))
        self.warnings.setVisible(bool(lines))

    def _on_added(self, layers: list) -> None:
        new = [layer for layer in layers if isinstance(layer, QgsRasterLayer)]
        if not new:
            return
        self._ticked &= set(self._project.mapLayers())
        if not self._ticked:
            self._ticked = {new[0].id()}
        QTimer.singleShot(0, self._announce)

    def _announce(self) -> None:
        self.refresh()
        self.changed.emit()

    def _on_item(self, item: QTableWidgetItem) -> None:
        if self._is_filling or item.row() >= len(self._choices):
            return
        choice = self._choices[item.row()]
        if item.column() == _NAME:
            (self._ticked.add if item.checkState() == Qt.CheckState.Checked else self._ticked.discard)(choice.layer_id)
        elif item.column() == _DATE:
            layer = self._project.mapLayer(choice.layer_id)
            store_correction(layer, choice.role, item.text().strip(), choice.bands)
        QTimer.singleShot(0, self._announce)

    def _set_role(self, layer_id: str, role: str) -> None:
        choice = next(choice for choice in self._choices if choice.layer_id == layer_id)
        store_correction(self._project.mapLayer(layer_id), role, choice.date or "", choice.bands)
        QTimer.singleShot(0, self._announce)

    def _correct_row(self) -> None:
        row = self.table.currentRow()
        if row < 0:
            row = next((index for index, choice in enumerate(self._choices) if choice.layer_id in self._ticked), -1)
        if row < 0:
            return
        choice = self._choices[row]
        layer = self._project.mapLayer(choice.layer_id)
        names = [layer.bandName(band) for band in range(1, layer.bandCount() + 1)]
        dialog = BandsDialog(choice, names, self._recognised.get(choice.path, {}), self)
        if dialog.exec():
            dialog.store(layer)
            self.refresh()
            self.changed.emit()


def _bands_text(choice: LayerChoice, known: dict) -> str:
    names = list(choice.bands) or [str(band) for band in known.get("bands") or []]
    if not names:
        return tr("{0} bands").format(choice.band_count) if choice.band_count != 1 else tr("1 band")
    short = {"red": "R", "green": "G", "blue": "B", "nir": "NIR", "vv": "VV", "vh": "VH"}
    shown = [
        short.get(name, name.replace("rededge", "RE").replace("swir", "SW").replace("coastal", "C")) for name in names
    ]
    return " ".join(shown[:4]) + (f" +{len(shown) - 4}" if len(shown) > 4 else "")
