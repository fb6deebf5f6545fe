"""Correcting what a layer is: sensor, date, and which band is which."""

from __future__ import annotations

from qgis.core import QgsRasterLayer
from qgis.PyQt.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from ..i18n import tr
from ..layers.choice import (
    BAND_NAMES,
    SETTINGS,
    LayerChoice,
    forget_correction,
    store_correction,
    store_setting,
)
from .card import muted, text_label


class BandsDialog(QDialog):
    """One combo a band. Reset goes back to what is recognised."""

    def __init__(self, choice: LayerChoice, band_names: list[str], known: dict, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr('What is in "{0}"?').format(choice.name))
        self._reset = False
        self._assumed: dict[str, str] = {}
        form = QFormLayout(self)
        if known.get("reason"):
            form.addRow(muted(text_label(tr("Recognised: {0}").format(known["reason"]))))
        self.role = QComboBox()
        self.role.addItem(tr("Optical"), "optical")
        self.role.addItem(tr("Radar"), "sar")
        self.role.setCurrentIndex(
            self.role.findData(known.get("role") if known and not choice.corrected else choice.role)
        )
        form.addRow(tr("&Sensor"), self.role)
        self.date = QLineEdit(choice.date or str(known.get("date") or ""))
        self.date.setPlaceholderText("YYYY-MM-DD")
        form.addRow(tr("&Date"), self.date)
        bands = choice.bands or {name: place for place, name in enumerate(known.get("bands") or [], 1)}
        by_number = {number: name for name, number in bands.items()}
        self.combos: list[QComboBox] = []
        for number, name in enumerate(band_names, 1):
            combo = QComboBox()
            combo.addItem(tr("not used"), "")
            for band in BAND_NAMES:
                combo.addItem(band, band)
            combo.setCurrentIndex(max(0, combo.findData(by_number.get(number, ""))))
            self.combos.append(combo)
            form.addRow(name or tr("Band {0}").format(number), combo)
        self.readings: dict[str, QComboBox] = {}
        for doubt in known.get("doubts") or []:
            self._add_doubt(form, doubt, choice)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.Reset
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Reset).clicked.connect(self._forget)
        form.addRow(buttons)

    def _add_doubt(self, form: QFormLayout, doubt: dict, choice: LayerChoice) -> None:
        """Offer the readings of a decision that the file's metadata does not make."""
        name = str(doubt.get("what") or "")
        if name not in SETTINGS or name in self.readings:
            return  # bands, role and date have rows of their own
        combo = QComboBox()
        combo.addItem(tr("not decided"), "")
        for reading in doubt.get("readings") or []:
            combo.addItem(str(reading.get("text")), str(reading.get("key")))
        wanted = choice.settings.get(name) or str(doubt.get("choice") or "")
        combo.setCurrentIndex(max(0, combo.findData(wanted)))
        self._assumed[name] = "" if choice.settings.get(name) else wanted
        self.readings[name] = combo
        form.addRow(muted(text_label(str(doubt.get("reason") or ""))))
        form.addRow(name, combo)

    def store(self, layer: QgsRasterLayer) -> None:
        """Keep the choice with the layer."""
        if self._reset:
            forget_correction(layer)
            return
        for name, combo in self.readings.items():
            if combo.currentData() != self._assumed[name]:
                store_setting(layer, name, combo.currentData())
        bands = {combo.currentData(): number for number, combo in enumerate(self.combos, 1) if combo.currentData()}
        store_correction(layer, self.role.currentData(), self.date.text().strip(), bands)

    def _forget(self) -> None:
        self._reset = True
        self.accept()
