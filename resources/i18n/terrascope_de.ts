<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>TerraScope</name>
    <message>
      <source>Another QGIS window is setting up the same environment. Wait for it, then try again.</source>
      <translation>Ein anderes QGIS-Fenster richtet dieselbe Umgebung gerade ein. Bitte warten und noch einmal versuchen.</translation>
    </message>
    <message>
      <source>"{0}" was not made by TerraScope; delete it yourself if you do not need it.</source>
      <translation>„{0}“ wurde nicht von TerraScope angelegt; bitte selbst löschen, wenn es nicht gebraucht wird.</translation>
    </message>
    <message>
      <source>The installer (uv {0}) could not be fetched: it needs a Python with pip. On Debian and Ubuntu install the package python3-pip or python3-venv, elsewhere Python from python.org or uv itself; then try again.</source>
      <translation>Das Installationsprogramm (uv {0}) konnte nicht geholt werden: Es braucht ein Python mit pip. Unter Debian und Ubuntu das Paket python3-pip oder python3-venv installieren, anderswo Python von python.org oder uv selbst; dann noch einmal versuchen.</translation>
    </message>
    <message>
      <source>Cancelled. What has been downloaded is kept; start again to go on.</source>
      <translation>Abgebrochen. Geladenes bleibt erhalten; ein neuer Start macht dort weiter.</translation>
    </message>
    <message>
      <source>"{0}" holds files that TerraScope did not make. Choose another environment folder in the settings; nothing was changed.</source>
      <translation>„{0}“ enthält Dateien, die nicht von TerraScope stammen. Bitte in den Einstellungen einen anderen Ordner für die Umgebung wählen; es wurde nichts geändert.</translation>
    </message>
    <message>
      <source>This zip of the plugin comes without the model's weights, and no address of them is known yet. Choose a folder that has the file "{0}", or install the complete zip.</source>
      <translation>Diese Zip-Datei der Erweiterung enthält die Gewichte des Modells nicht, und es ist noch keine Adresse dafür bekannt. Bitte einen Ordner mit der Datei „{0}“ wählen oder die vollständige Zip-Datei installieren.</translation>
    </message>
    <message>
      <source>In "{0}" there are files that TerraScope did not make: {1}. Move them away, then try again.</source>
      <translation>In „{0}“ liegen Dateien, die nicht von TerraScope stammen: {1}. Bitte verschieben und noch einmal versuchen.</translation>
    </message>
    <message>
      <source>Looking for Python 3.10 to 3.14</source>
      <translation>Python 3.10 bis 3.14 wird gesucht</translation>
    </message>
    <message>
      <source>No Python from 3.10 to 3.14 that works with the packages was found. Install one from python.org (on Debian and Ubuntu: the package python3), or choose one above.</source>
      <translation>Es wurde kein Python von 3.10 bis 3.14 gefunden, das zu den Paketen passt. Bitte eines von python.org installieren (unter Debian und Ubuntu: das Paket python3) oder oben eines wählen.</translation>
    </message>
    <message>
      <source>Preparing the installer (uv)</source>
      <translation>Das Installationsprogramm (uv) wird vorbereitet</translation>
    </message>
    <message>
      <source>The folder of wheels lacks the installer: put the wheel of uv {0} for this system into "{1}".</source>
      <translation>Im Ordner mit den Wheels fehlt das Installationsprogramm: Bitte das Wheel von uv {0} für dieses System in „{1}“ legen.</translation>
    </message>
    <message>
      <source>Fetching and installing packages</source>
      <translation>Pakete werden geholt und installiert</translation>
    </message>
    <message>
      <source>Testing the model</source>
      <translation>Das Modell wird geprüft</translation>
    </message>
    <message>
      <source>Installed</source>
      <translation>Installiert</translation>
    </message>
    <message>
      <source>The environment is ready and was tested.</source>
      <translation>Die Umgebung ist bereit und wurde geprüft.</translation>
    </message>
    <message>
      <source>Another QGIS window is setting up the same environment. Wait for it, then press Repair.</source>
      <translation>Ein anderes QGIS-Fenster richtet gerade dieselbe Umgebung ein. Bitte warten, dann „Reparieren“ drücken.</translation>
    </message>
    <message>
      <source>No environment could be made with it.</source>
      <translation>Damit ließ sich keine Umgebung anlegen.</translation>
    </message>
    <message>
      <source>{0} of about {1} MB</source>
      <translation>{0} von etwa {1} MB</translation>
    </message>
    <message>
      <source>Unpacking</source>
      <translation>Wird entpackt</translation>
    </message>
    <message>
      <source>Nothing came from the network for five minutes. Press the button again to go on from here.</source>
      <translation>Fünf Minuten lang kam nichts aus dem Netz. Den Knopf noch einmal drücken, um von hier aus weiterzumachen.</translation>
    </message>
    <message>
      <source>its test did not end well</source>
      <translation>die Prüfung ist nicht gut ausgegangen</translation>
    </message>
    <message>
      <source>It did not answer in time and was ended.</source>
      <translation>Es hat nicht rechtzeitig geantwortet und wurde beendet.</translation>
    </message>
    <message>
      <source>Fetching Python {0}</source>
      <translation>Python {0} wird geholt</translation>
    </message>
    <message>
      <source>Making the environment with Python {0}.{1}</source>
      <translation>Umgebung mit Python {0}.{1} wird angelegt</translation>
    </message>
    <message>
      <source>The environment made with it does not work, or lies elsewhere.</source>
      <translation>Die damit angelegte Umgebung läuft nicht oder liegt anderswo.</translation>
    </message>
    <message>
      <source>No Python here fits. Python {0} can be fetched for TerraScope alone.</source>
      <translation>Hier passt kein Python. Python {0} kann allein für TerraScope geholt werden.</translation>
    </message>
    <message>
      <source>Python could not be fetched.</source>
      <translation>Python konnte nicht geholt werden.</translation>
    </message>
    <message>
      <source>The packages are installed, but the model does not run: {0}. The log says more.</source>
      <translation>Die Pakete sind installiert, aber das Modell läuft nicht: {0}. Das Protokoll sagt mehr.</translation>
    </message>
    <message>
      <source>"{0}" is not the file that was checked for this plugin (its hash differs).</source>
      <translation>„{0}“ ist nicht die Datei, die für diese Erweiterung geprüft wurde (die Prüfsumme weicht ab).</translation>
    </message>
    <message>
      <source>about {0} min left</source>
      <translation>noch etwa {0} min</translation>
    </message>
    <message>
      <source>about {0} s left</source>
      <translation>noch etwa {0} s</translation>
    </message>
    <message>
      <source>The backend speaks version {0} of the protocol, this plugin version {1}. Repair the environment in the plugin's set-up.</source>
      <translation>Der Modellprozess spricht Version {0} des Protokolls, diese Erweiterung Version {1}. Bitte die Umgebung unter „Einrichten“ reparieren.</translation>
    </message>
    <message>
      <source>The model's process did not answer within a minute.</source>
      <translation>Der Modellprozess hat eine Minute lang nicht geantwortet.</translation>
    </message>
    <message>
      <source>The model did not stop in time and was ended.</source>
      <translation>Das Modell hat nicht rechtzeitig angehalten und wurde beendet.</translation>
    </message>
    <message>
      <source>The model's process has been silent for a minute and was ended.</source>
      <translation>Der Modellprozess hat eine Minute lang geschwiegen und wurde beendet.</translation>
    </message>
    <message>
      <source>The model's process ended unexpectedly (exit code {0}). Steps that have arrived are kept.</source>
      <translation>Der Modellprozess ist unerwartet zu Ende gegangen (Rückgabewert {0}). Angekommene Schritte bleiben erhalten.</translation>
    </message>
    <message>
      <source>The model's Python "{0}" could not be started. Open the plugin's set-up and repair the environment.</source>
      <translation>Das Python des Modells, „{0}“, konnte nicht gestartet werden. Bitte „Einrichten“ öffnen und die Umgebung reparieren.</translation>
    </message>
    <message>
      <source>It is a 32-bit Python.</source>
      <translation>Es ist ein 32-Bit-Python.</translation>
    </message>
    <message>
      <source>It is built for musl (Alpine Linux); the packages need glibc.</source>
      <translation>Es ist für musl gebaut (Alpine Linux); die Pakete brauchen glibc.</translation>
    </message>
    <message>
      <source>Python {0}.{1} is not among 3.10 to 3.14.</source>
      <translation>Python {0}.{1} liegt nicht zwischen 3.10 und 3.14.</translation>
    </message>
    <message>
      <source>It is not the usual build of Python ({0}).</source>
      <translation>Es ist nicht das übliche Python ({0}).</translation>
    </message>
    <message>
      <source>It cannot load "{0}": {1}</source>
      <translation>Es kann „{0}“ nicht laden: {1}</translation>
    </message>
    <message>
      <source>The packages could not be installed. The log says why; press the button again to go on from here.</source>
      <translation>Die Pakete konnten nicht installiert werden. Das Protokoll sagt, warum; den Knopf noch einmal drücken, um von hier aus weiterzumachen.</translation>
    </message>
    <message>
      <source>The packages could not be installed from the folder of wheels. The log says why.</source>
      <translation>Die Pakete konnten nicht aus dem Ordner mit den Wheels installiert werden. Das Protokoll sagt, warum.</translation>
    </message>
    <message>
      <source>"{0}" cannot be written: {1}. Choose another environment folder in the settings.</source>
      <translation>„{0}“ kann nicht geschrieben werden: {1}. Bitte in den Einstellungen einen anderen Ordner für die Umgebung wählen.</translation>
    </message>
    <message>
      <source>A package is not the one that was checked for this plugin (its hash differs). Nothing was installed; try again on another network, or with another folder of wheels.</source>
      <translation>Ein Paket ist nicht das, das für diese Erweiterung geprüft wurde (die Prüfsumme weicht ab). Es wurde nichts installiert; bitte in einem anderen Netz oder mit einem anderen Ordner mit Wheels versuchen.</translation>
    </message>
    <message>
      <source>The disk of "{0}" is full. Free about {1} MB, then press the button again.</source>
      <translation>Der Datenträger von „{0}“ ist voll. Bitte etwa {1} MB frei machen und den Knopf noch einmal drücken.</translation>
    </message>
    <message>
      <source>A virus scanner took a file away while it was written (Windows error 225). Allow "{0}" in the scanner, or ask whoever looks after this machine, then press the button again.</source>
      <translation>Ein Virenscanner hat eine Datei beim Schreiben entfernt (Windows-Fehler 225). „{0}“ im Scanner erlauben oder die Person fragen, die diesen Rechner betreut; dann den Knopf noch einmal drücken.</translation>
    </message>
    <message>
      <source>A path in "{0}" is too long for this system (260 characters on Windows). Choose an environment folder with a shorter path in the settings, for example one right on the drive.</source>
      <translation>Ein Pfad in „{0}“ ist für dieses System zu lang (260 Zeichen unter Windows). Bitte in den Einstellungen einen Ordner mit kürzerem Pfad für die Umgebung wählen, zum Beispiel direkt auf dem Laufwerk.</translation>
    </message>
    <message>
      <source>A file in "{0}" is held by another program: a model that still runs, a virus scanner or OneDrive. Close other QGIS windows, wait a moment, then press the button again.</source>
      <translation>Eine Datei in „{0}“ wird von einem anderen Programm festgehalten: einem noch laufenden Modell, einem Virenscanner oder OneDrive. Andere QGIS-Fenster schließen, kurz warten, dann den Knopf noch einmal drücken.</translation>
    </message>
    <message>
      <source>Windows or a virus scanner refuses to write into "{0}" (access denied). Choose a folder of your own in the settings, or allow this one in the scanner.</source>
      <translation>Windows oder ein Virenscanner verweigert das Schreiben in „{0}“ (Zugriff verweigert). Bitte in den Einstellungen einen eigenen Ordner wählen oder diesen im Scanner erlauben.</translation>
    </message>
    <message>
      <source>This Python has no working SSL and cannot fetch packages. Choose another one, or a folder of wheels.</source>
      <translation>Dieses Python hat kein funktionierendes SSL und kann keine Pakete holen. Bitte ein anderes oder einen Ordner mit Wheels wählen.</translation>
    </message>
    <message>
      <source>The server's certificate is not trusted here; a company's proxy may sign with its own. Choose its certificate file below, then press the button again.</source>
      <translation>Dem Zertifikat des Servers wird hier nicht vertraut; vielleicht unterschreibt der Proxy einer Firma mit einem eigenen. Bitte dessen Zertifikatsdatei unten wählen und den Knopf noch einmal drücken.</translation>
    </message>
    <message>
      <source>The proxy refuses the connection. Set its address, with user and password, below.</source>
      <translation>Der Proxy verweigert die Verbindung. Bitte seine Adresse mit Benutzer und Passwort unten angeben.</translation>
    </message>
    <message>
      <source>A package has no wheel for this Python on this machine; the log names it. Choose another Python (the documentation lists which), or remove the choice to have one found.</source>
      <translation>Für dieses Python auf diesem Rechner gibt es ein Paket nicht als Wheel; das Protokoll nennt es. Bitte ein anderes Python wählen (die Dokumentation nennt welche) oder die Wahl leeren, damit eines gesucht wird.</translation>
    </message>
    <message>
      <source>A package is missing in the folder of wheels "{2}", or is for another Python or system. The log names it.</source>
      <translation>Im Ordner mit den Wheels „{2}“ fehlt ein Paket, oder es ist für ein anderes Python oder System. Das Protokoll nennt es.</translation>
    </message>
    <message>
      <source>Packages could not be fetched. Check the network and the proxy, or choose a folder of wheels; then press the button again. What has been fetched is kept.</source>
      <translation>Pakete konnten nicht geholt werden. Bitte Netz und Proxy prüfen oder einen Ordner mit Wheels wählen und den Knopf noch einmal drücken. Was schon geholt ist, bleibt erhalten.</translation>
    </message>
    <message>
      <source>TerraScope's packages are not made for {0} on {1}.</source>
      <translation>Die Pakete von TerraScope gibt es nicht für {0} auf {1}.</translation>
    </message>
    <message>
      <source>Python {0} is not among those offered ({1}).</source>
      <translation>Python {0} ist nicht unter den angebotenen ({1}).</translation>
    </message>
    <message>
      <source>The packages need {0} {1} or newer; here is {2}.</source>
      <translation>Die Pakete brauchen {0} {1} oder neuer; hier ist {2}.</translation>
    </message>
    <message>
      <source>{0} is not made for {1} with Python {2}.</source>
      <translation>{0} gibt es nicht für {1} mit Python {2}.</translation>
    </message>
    <message>
      <source>flooded</source>
      <translation>überflutet</translation>
    </message>
    <message>
      <source>{0} gained</source>
      <translation>{0} gewonnen</translation>
    </message>
    <message>
      <source>{0} lost</source>
      <translation>{0} verloren</translation>
    </message>
    <message>
      <source>{0} unchanged</source>
      <translation>{0} unverändert</translation>
    </message>
    <message>
      <source>Make a polygon layer active and select a polygon in it, or choose another area.</source>
      <translation>Einen Polygonlayer aktivieren und darin ein Polygon wählen, oder einen anderen Bereich nehmen.</translation>
    </message>
    <message>
      <source>No polygon is selected in layer "{0}". Select one, or choose another area.</source>
      <translation>Im Layer „{0}“ ist kein Polygon gewählt. Bitte eines wählen oder einen anderen Bereich nehmen.</translation>
    </message>
    <message>
      <source>The area does not touch layer "{0}". Zoom to the layer, or choose "Whole layer".</source>
      <translation>Der Bereich berührt den Layer „{0}“ nicht. Auf den Layer zoomen oder „Ganzer Layer“ wählen.</translation>
    </message>
    <message>
      <source>The area cannot be brought to the CRS of layer "{0}". Choose "Whole layer".</source>
      <translation>Der Bereich lässt sich nicht in das KBS des Layers „{0}“ umrechnen. „Ganzer Layer“ wählen.</translation>
    </message>
    <message>
      <source>The layers have different grids; they are brought to the finest one.</source>
      <translation>Die Layer haben verschiedene Raster; sie werden auf das feinste gebracht.</translation>
    </message>
    <message>
      <source>No CRS: areas will be in pixels. Set it in Layer &gt; Properties &gt; Source.</source>
      <translation>Kein KBS: Flächen werden in Pixeln angegeben. Setzen unter Layer &gt; Eigenschaften &gt; Quelle.</translation>
    </message>
    <message>
      <source>Not a file: its pixels in the area are saved as a GeoTIFF first.</source>
      <translation>Keine Datei: Die Pixel im Bereich werden zuerst als GeoTIFF gespeichert.</translation>
    </message>
    <message>
      <source>Web layer: the picture as drawn is used, without its original bands.</source>
      <translation>Weblayer: Das gezeichnete Bild wird benutzt, ohne die ursprünglichen Kanäle.</translation>
    </message>
    <message>
      <source>Complex radar: the amplitude is used.</source>
      <translation>Komplexes Radar: Die Amplitude wird benutzt.</translation>
    </message>
    <message>
      <source>Saving a run</source>
      <translation>Ein Lauf wird gespeichert</translation>
    </message>
    <message>
      <source>Cancelled.</source>
      <translation>Abgebrochen.</translation>
    </message>
    <message>
      <source>Saving layer "{0}" for the model</source>
      <translation>Layer „{0}“ wird für das Modell gespeichert</translation>
    </message>
    <message>
      <source>Layer "{0}" could not be saved as a file (error {1}). Save it yourself: Layer &gt; Save As.</source>
      <translation>Layer „{0}“ konnte nicht als Datei gespeichert werden (Fehler {1}). Bitte selbst speichern: Layer &gt; Speichern als.</translation>
    </message>
    <message>
      <source>Layer "{0}" shows nothing in the area: there are no tiles at this place and zoom, or they did not come. Zoom to where the map shows a picture, then ask again.</source>
      <translation>Layer „{0}“ zeigt in diesem Gebiet nichts: An diesem Ort und bei diesem Maßstab gibt es keine Kacheln, oder sie kamen nicht an. Zoomen Sie dorthin, wo die Karte ein Bild zeigt, und fragen Sie erneut.</translation>
    </message>
    <message>
      <source>&lt;b&gt;layer&lt;/b&gt;: the id or the name of a mask's layer; @layer_id is the layer at hand</source>
      <translation>&lt;b&gt;layer&lt;/b&gt;: ID oder Name des Layers einer Maske; @layer_id ist der aktuelle Layer</translation>
    </message>
    <message>
      <source>&lt;b&gt;label&lt;/b&gt;: the class, as in the mask's layer (water, tree, built-up, gain…)</source>
      <translation>&lt;b&gt;label&lt;/b&gt;: die Klasse, wie im Layer der Maske (water, tree, built-up, gain…)</translation>
    </message>
    <message>
      <source>The question of a run.</source>
      <translation>Die Frage eines Laufs.</translation>
    </message>
    <message>
      <source>The answer of a run.</source>
      <translation>Die Antwort eines Laufs.</translation>
    </message>
    <message>
      <source>The measured area of a class in m²; NULL without a CRS.</source>
      <translation>Die gemessene Fläche einer Klasse in m²; NULL ohne KBS.</translation>
    </message>
    <message>
      <source>The measured share of a class, from 0 to 1.</source>
      <translation>Der gemessene Anteil einer Klasse, von 0 bis 1.</translation>
    </message>
    <message>
      <source>Of several masks of the class the last one counts.</source>
      <translation>Von mehreren Masken der Klasse zählt die letzte.</translation>
    </message>
    <message>
      <source>{0} is no layer of a TerraScope run.</source>
      <translation>{0} ist kein Layer eines TerraScope-Laufs.</translation>
    </message>
    <message>
      <source>"{0}" is in use by another program, which did not let go of it within 5 seconds: another QGIS window, a virus scanner, or a program that syncs the folder. Nothing was changed. Close it there, then try again.</source>
      <translation>„{0}“ wird von einem anderen Programm benutzt, das die Datei 5 Sekunden lang nicht freigab: einem anderen QGIS-Fenster, einem Virenscanner oder einem Programm, das den Ordner abgleicht. Nichts wurde geändert. Bitte dort schließen und es noch einmal versuchen.</translation>
    </message>
    <message>
      <source>"{0}" is in use by {1} and was not let go of within 5 seconds. Close it there, then try again.</source>
      <translation>„{0}“ wird von {1} benutzt und war nach 5 Sekunden nicht frei. Bitte dort schließen und es noch einmal versuchen.</translation>
    </message>
    <message>
      <source>"{0}" cannot be the name of a file: it holds {1}.</source>
      <translation>„{0}“ kann kein Dateiname sein: darin steht {1}.</translation>
    </message>
    <message>
      <source>"{0}" cannot be the name of a file. Choose a shorter or another one.</source>
      <translation>„{0}“ kann kein Dateiname sein. Bitte einen kürzeren oder anderen wählen.</translation>
    </message>
    <message>
      <source>That did not work: {0}.</source>
      <translation>Das ging nicht: {0}.</translation>
    </message>
    <message>
      <source>{0} (process {1})</source>
      <translation>{0} (Prozess {1})</translation>
    </message>
    <message>
      <source>"{0}" is damaged, or was not written by TerraScope: {1} holds what no run holds.</source>
      <translation>„{0}“ ist beschädigt oder nicht von TerraScope geschrieben: in {1} steht, was in keinem Lauf steht.</translation>
    </message>
    <message>
      <source>"{0}" is being written by another program. Try again when that has ended.</source>
      <translation>„{0}“ wird gerade von einem anderen Programm geschrieben. Bitte noch einmal versuchen, wenn es fertig ist.</translation>
    </message>
    <message>
      <source>"{0}" is not there any more. If it was moved, open it from its new place.</source>
      <translation>„{0}“ gibt es nicht mehr. Falls verschoben, bitte vom neuen Ort öffnen.</translation>
    </message>
    <message>
      <source>"{0}" is no run of TerraScope: it lacks the tables {1}.</source>
      <translation>„{0}“ ist kein Lauf von TerraScope: Es fehlen die Tabellen {1}.</translation>
    </message>
    <message>
      <source>"{0}" is no run of TerraScope: it holds no question.</source>
      <translation>„{0}“ ist kein Lauf von TerraScope: es steht keine Frage darin.</translation>
    </message>
    <message>
      <source>"{0}" cannot be read: {1}.</source>
      <translation>„{0}“ ist nicht lesbar: {1}.</translation>
    </message>
    <message>
      <source>Add TerraScope 8B</source>
      <translation>TerraScope 8B hinzufügen</translation>
    </message>
    <message>
      <source>Folder, or ORGANISATION/NAME@COMMIT on Hugging Face</source>
      <translation>Ordner, oder ORGANISATION/NAME@COMMIT auf Hugging Face</translation>
    </message>
    <message>
      <source>Where the model comes from</source>
      <translation>Woher das Modell kommt</translation>
    </message>
    <message>
      <source>&amp;Folder…</source>
      <translation>&amp;Ordner…</translation>
    </message>
    <message>
      <source>&amp;Look up</source>
      <translation>&amp;Nachsehen</translation>
    </message>
    <message>
      <source>&amp;Import</source>
      <translation>&amp;Importieren</translation>
    </message>
    <message>
      <source>&amp;Stop</source>
      <translation>&amp;Stopp</translation>
    </message>
    <message>
      <source>Set up the model…</source>
      <translation>Modell einrichten…</translation>
    </message>
    <message>
      <source>Nothing is fetched before you have seen its size and licence.</source>
      <translation>Nichts wird geholt, bevor Sie Größe und Lizenz gesehen haben.</translation>
    </message>
    <message>
      <source>Folder of a published model</source>
      <translation>Ordner eines veröffentlichten Modells</translation>
    </message>
    <message>
      <source>not stated</source>
      <translation>nicht angegeben</translation>
    </message>
    <message>
      <source>Needs {0} on disk, {1} are free; goes to {2}.</source>
      <translation>Braucht {0} Plattenplatz, {1} sind frei; kommt nach {2}.</translation>
    </message>
    <message>
      <source>The environment is for the embedded model; set it up for TerraScope 8B.</source>
      <translation>Die Umgebung ist für das eingebaute Modell; richten Sie sie für TerraScope 8B ein.</translation>
    </message>
    <message>
      <source>Looking…</source>
      <translation>Sehe nach…</translation>
    </message>
    <message>
      <source>It is imported already, and in the list above.</source>
      <translation>Es ist schon importiert und steht oben in der Liste.</translation>
    </message>
    <message>
      <source>{0}: {1} in {2} files. Licence: {3}.</source>
      <translation>{0}: {1} in {2} Dateien. Lizenz: {3}.</translation>
    </message>
    <message>
      <source>{0} are here from an earlier try and are used.</source>
      <translation>{0} sind von einem früheren Versuch da und werden verwendet.</translation>
    </message>
    <message>
      <source>Imported to {0}</source>
      <translation>Importiert nach {0}</translation>
    </message>
    <message>
      <source>A&amp;rea</source>
      <translation>Be&amp;reich</translation>
    </message>
    <message>
      <source>Map view</source>
      <translation>Kartenausschnitt</translation>
    </message>
    <message>
      <source>Whole layer</source>
      <translation>Ganzer Layer</translation>
    </message>
    <message>
      <source>Selected polygon</source>
      <translation>Gewähltes Polygon</translation>
    </message>
    <message>
      <source>Rectangle drawn on the map…</source>
      <translation>Rechteck auf der Karte…</translation>
    </message>
    <message>
      <source>Drag a rectangle on the map.</source>
      <translation>Auf der Karte ein Rechteck aufziehen.</translation>
    </message>
    <message>
      <source>{0} × {1} pixels</source>
      <translation>{0} × {1} Pixel</translation>
    </message>
    <message>
      <source>Draw a rectangle on the map first.</source>
      <translation>Zuerst auf der Karte ein Rechteck aufziehen.</translation>
    </message>
    <message>
      <source>in tiles</source>
      <translation>in Kacheln</translation>
    </message>
    <message>
      <source>the model sees {0} m per pixel</source>
      <translation>das Modell sieht {0} m je Pixel</translation>
    </message>
    <message>
      <source>reduced {0} times; choose a smaller area for detail</source>
      <translation>{0}-fach verkleinert; für mehr Einzelheiten einen kleineren Bereich wählen</translation>
    </message>
    <message>
      <source>Optical</source>
      <translation>Optisch</translation>
    </message>
    <message>
      <source>Radar</source>
      <translation>Radar</translation>
    </message>
    <message>
      <source>&amp;Sensor</source>
      <translation>&amp;Sensor</translation>
    </message>
    <message>
      <source>&amp;Date</source>
      <translation>&amp;Datum</translation>
    </message>
    <message>
      <source>not decided</source>
      <translation>nicht entschieden</translation>
    </message>
    <message>
      <source>not used</source>
      <translation>unbenutzt</translation>
    </message>
    <message>
      <source>What is in "{0}"?</source>
      <translation>Was ist in „{0}“?</translation>
    </message>
    <message>
      <source>Band {0}</source>
      <translation>Kanal {0}</translation>
    </message>
    <message>
      <source>Recognised: {0}</source>
      <translation>Erkannt: {0}</translation>
    </message>
    <message>
      <source>agrees with the mask</source>
      <translation>stimmt mit der Maske überein</translation>
    </message>
    <message>
      <source>cannot be checked</source>
      <translation>nicht prüfbar</translation>
    </message>
    <message>
      <source>marking pixels…</source>
      <translation>Pixel werden markiert…</translation>
    </message>
    <message>
      <source>Drag it onto a print layout</source>
      <translation>Lässt sich auf ein Drucklayout ziehen</translation>
    </message>
    <message>
      <source>{0} more rows are in the table "results" of the file.</source>
      <translation>{0} weitere Zeilen stehen in der Tabelle „results“ der Datei.</translation>
    </message>
    <message>
      <source>Conclusion</source>
      <translation>Schluss</translation>
    </message>
    <message>
      <source>confidence {0}</source>
      <translation>Sicherheit {0}</translation>
    </message>
    <message>
      <source>⚠ low confidence, {0}</source>
      <translation>⚠ wenig sicher, {0}</translation>
    </message>
    <message>
      <source>How sure the answer is of the ground: how much of what the masks could as well have been leads to the same answer, lowered by what had to be assumed of the layers.</source>
      <translation>Wie sicher die Antwort über den Boden ist: welcher Teil dessen, was die Masken ebenso gut sein könnten, zur selben Antwort führt, gemindert um das, was von den Layern angenommen werden musste.</translation>
    </message>
    <message>
      <source>Answer</source>
      <translation>Antwort</translation>
    </message>
    <message>
      <source>Not used of the question: {0}</source>
      <translation>Von der Frage nicht verwendet: {0}</translation>
    </message>
    <message>
      <source>Ask instead:</source>
      <translation>Stattdessen fragen:</translation>
    </message>
    <message>
      <source>text {0}, mask {1}</source>
      <translation>Text {0}, Maske {1}</translation>
    </message>
    <message>
      <source>1 mask measured</source>
      <translation>1 Maske gemessen</translation>
    </message>
    <message>
      <source>Understood: {0}</source>
      <translation>Verstanden: {0}</translation>
    </message>
    <message>
      <source>{0} of {1} statements agree with the masks</source>
      <translation>{0} von {1} Aussagen stimmen mit den Masken überein</translation>
    </message>
    <message>
      <source>{0} contradicted</source>
      <translation>{0} widersprochen</translation>
    </message>
    <message>
      <source>{0} masks measured</source>
      <translation>{0} Masken gemessen</translation>
    </message>
    <message>
      <source>Class colours</source>
      <translation>Klassenfarben</translation>
    </message>
    <message>
      <source>Two runs side by side</source>
      <translation>Zwei Läufe nebeneinander</translation>
    </message>
    <message>
      <source>The question has {0} characters; {1} are the most. Shorten it.</source>
      <translation>Die Frage hat {0} Zeichen; höchstens {1} sind möglich. Bitte kürzen.</translation>
    </message>
    <message>
      <source>ready</source>
      <translation>bereit</translation>
    </message>
    <message>
      <source>The log is on the clipboard.</source>
      <translation>Das Protokoll ist in der Zwischenablage.</translation>
    </message>
    <message>
      <source>Write a question first.</source>
      <translation>Zuerst eine Frage schreiben.</translation>
    </message>
    <message>
      <source>The folder for runs cannot be made: {0}. Choose another one in the settings.</source>
      <translation>Der Ordner für Läufe kann nicht angelegt werden: {0}. Bitte in den Einstellungen einen anderen wählen.</translation>
    </message>
    <message>
      <source>A question is being answered. Wait, or stop it, then open the run.</source>
      <translation>Gerade wird eine Frage beantwortet. Warten oder anhalten, dann den Lauf öffnen.</translation>
    </message>
    <message>
      <source>The model is not set up yet.</source>
      <translation>Das Modell ist noch nicht eingerichtet.</translation>
    </message>
    <message>
      <source>Saving layer "{0}" for the model…</source>
      <translation>Layer „{0}“ wird für das Modell gespeichert…</translation>
    </message>
    <message>
      <source>starting…</source>
      <translation>startet…</translation>
    </message>
    <message>
      <source>not running; starts with the next question</source>
      <translation>läuft nicht; startet mit der nächsten Frage</translation>
    </message>
    <message>
      <source>finishing what it had begun…</source>
      <translation>beendet noch, was begonnen war…</translation>
    </message>
    <message>
      <source>{0} MB memory</source>
      <translation>{0} MB Speicher</translation>
    </message>
    <message>
      <source>The report was not written. {0}</source>
      <translation>Der Bericht wurde nicht geschrieben. {0}</translation>
    </message>
    <message>
      <source>The report is in {0}</source>
      <translation>Der Bericht liegt in {0}</translation>
    </message>
    <message>
      <source>TerraScope Reasoning</source>
      <translation>TerraScope Reasoning</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Export</translation>
    </message>
    <message>
      <source>Remove from map</source>
      <translation>Von der Karte nehmen</translation>
    </message>
    <message>
      <source>Take this run's group off the map; its file stays and can be opened again under Runs</source>
      <translation>Nimmt die Gruppe dieses Laufs von der Karte; die Datei bleibt und lässt sich unter „Läufe“ wieder öffnen</translation>
    </message>
    <message>
      <source>Question</source>
      <translation>Frage</translation>
    </message>
    <message>
      <source>Runs</source>
      <translation>Läufe</translation>
    </message>
    <message>
      <source>Models, settings, set-up and log</source>
      <translation>Modelle, Einstellungen, Einrichtung und Protokoll</translation>
    </message>
    <message>
      <source>Tick the images that the question is about.</source>
      <translation>Die Bilder anhaken, um die es in der Frage geht.</translation>
    </message>
    <message>
      <source>Models…</source>
      <translation>Modelle…</translation>
    </message>
    <message>
      <source>Settings…</source>
      <translation>Einstellungen…</translation>
    </message>
    <message>
      <source>Copy the log for a bug report</source>
      <translation>Protokoll für einen Fehlerbericht kopieren</translation>
    </message>
    <message>
      <source>GeoPackage of the run…</source>
      <translation>GeoPackage des Laufs…</translation>
    </message>
    <message>
      <source>Masks of the shown step…</source>
      <translation>Masken des gezeigten Schritts…</translation>
    </message>
    <message>
      <source>Report (HTML)…</source>
      <translation>Bericht (HTML)…</translation>
    </message>
    <message>
      <source>Picture of the map…</source>
      <translation>Bild der Karte…</translation>
    </message>
    <message>
      <source>Text to the clipboard</source>
      <translation>Text in die Zwischenablage</translation>
    </message>
    <message>
      <source>New print layout</source>
      <translation>Neues Drucklayout</translation>
    </message>
    <message>
      <source>Save the run</source>
      <translation>Lauf speichern</translation>
    </message>
    <message>
      <source>There is no mask to save.</source>
      <translation>Es gibt keine Maske zu speichern.</translation>
    </message>
    <message>
      <source>Save the masks</source>
      <translation>Masken speichern</translation>
    </message>
    <message>
      <source>That is the file of the run itself. Choose another name.</source>
      <translation>Das ist die Datei des Laufs selbst. Bitte einen anderen Namen wählen.</translation>
    </message>
    <message>
      <source>Save the report</source>
      <translation>Bericht speichern</translation>
    </message>
    <message>
      <source>Save the picture</source>
      <translation>Bild speichern</translation>
    </message>
    <message>
      <source>The file could not be written: {0}</source>
      <translation>Die Datei konnte nicht geschrieben werden: {0}</translation>
    </message>
    <message>
      <source>Images to ask about</source>
      <translation>Bilder, um die es geht</translation>
    </message>
    <message>
      <source>Use selected layers</source>
      <translation>Gewählte Layer nehmen</translation>
    </message>
    <message>
      <source>Tick the rasters that are selected in the Layers panel</source>
      <translation>Hakt die Raster an, die im Layerfenster gewählt sind</translation>
    </message>
    <message>
      <source>Sensor and bands…</source>
      <translation>Sensor und Kanäle…</translation>
    </message>
    <message>
      <source>Set the sensor, the date and the bands of the chosen row</source>
      <translation>Sensor, Datum und Kanäle der gewählten Zeile festlegen</translation>
    </message>
    <message>
      <source>Date as YYYY-MM-DD; double-click to change</source>
      <translation>Datum als JJJJ-MM-TT; Doppelklick zum Ändern</translation>
    </message>
    <message>
      <source>Double-click to name the bands</source>
      <translation>Doppelklick, um die Kanäle zu benennen</translation>
    </message>
    <message>
      <source>1 band</source>
      <translation>1 Kanal</translation>
    </message>
    <message>
      <source>Image</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>Sensor</source>
      <translation>Sensor</translation>
    </message>
    <message>
      <source>Date</source>
      <translation>Datum</translation>
    </message>
    <message>
      <source>Bands</source>
      <translation>Kanäle</translation>
    </message>
    <message>
      <source>No raster in the project yet. Add one: Layer &gt; Add Layer &gt; Add Raster Layer.</source>
      <translation>Noch kein Raster im Projekt. Hinzufügen: Layer &gt; Layer hinzufügen &gt; Rasterlayer hinzufügen.</translation>
    </message>
    <message>
      <source>{0} bands</source>
      <translation>{0} Kanäle</translation>
    </message>
    <message>
      <source>does not fit</source>
      <translation>passt nicht</translation>
    </message>
    <message>
      <source>{0} of memory, {1} free</source>
      <translation>{0} Arbeitsspeicher, {1} frei</translation>
    </message>
    <message>
      <source>{0} with {1}, {2} free</source>
      <translation>{0} mit {1}, {2} frei</translation>
    </message>
    <message>
      <source>None fits this machine: use the embedded model here, or a machine with a larger graphics card.</source>
      <translation>Nichts passt auf diesen Rechner: Nehmen Sie hier das eingebaute Modell, oder einen Rechner mit größerer Grafikkarte.</translation>
    </message>
    <message>
      <source>no graphics card for computing</source>
      <translation>keine Grafikkarte zum Rechnen</translation>
    </message>
    <message>
      <source>This machine: {0}.</source>
      <translation>Dieser Rechner: {0}.</translation>
    </message>
    <message>
      <source>Best here: {0}.</source>
      <translation>Hier am besten: {0}.</translation>
    </message>
    <message>
      <source>Memory of each precision</source>
      <translation>Speicher je Genauigkeit</translation>
    </message>
    <message>
      <source>4 bit (nf4)</source>
      <translation>4 Bit (nf4)</translation>
    </message>
    <message>
      <source>4 bit (int4)</source>
      <translation>4 Bit (int4)</translation>
    </message>
    <message>
      <source>fits in memory, slow</source>
      <translation>passt in den Arbeitsspeicher, langsam</translation>
    </message>
    <message>
      <source>fits in memory once other programs free it, slow</source>
      <translation>passt in den Arbeitsspeicher, sobald andere Programme ihn freigeben, langsam</translation>
    </message>
    <message>
      <source>; the environment lacks {0}</source>
      <translation>; der Umgebung fehlt {0}</translation>
    </message>
    <message>
      <source>Best here: {0} on the processor, which is slow.</source>
      <translation>Hier am besten: {0} auf dem Prozessor, was langsam ist.</translation>
    </message>
    <message>
      <source>Precision</source>
      <translation>Genauigkeit</translation>
    </message>
    <message>
      <source>Graphics card</source>
      <translation>Grafikkarte</translation>
    </message>
    <message>
      <source>Processor</source>
      <translation>Prozessor</translation>
    </message>
    <message>
      <source>On this machine</source>
      <translation>Auf diesem Rechner</translation>
    </message>
    <message>
      <source>needs a newer graphics card</source>
      <translation>braucht eine neuere Grafikkarte</translation>
    </message>
    <message>
      <source>needs a graphics card</source>
      <translation>braucht eine Grafikkarte</translation>
    </message>
    <message>
      <source>fits on {0}</source>
      <translation>passt auf {0}</translation>
    </message>
    <message>
      <source>fits on {0} once other programs free it</source>
      <translation>passt auf {0}, sobald andere Programme sie freigeben</translation>
    </message>
    <message>
      <source>graphics card</source>
      <translation>Grafikkarte</translation>
    </message>
    <message>
      <source>processor</source>
      <translation>Prozessor</translation>
    </message>
    <message>
      <source>Ready. Its files are those that ship: their hashes were compared.</source>
      <translation>Bereit. Die Dateien sind die mitgelieferten: Ihre Prüfsummen wurden verglichen.</translation>
    </message>
    <message>
      <source>Ready.</source>
      <translation>Bereit.</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>Modelle</translation>
    </message>
    <message>
      <source>&amp;Precision</source>
      <translation>Ge&amp;nauigkeit</translation>
    </message>
    <message>
      <source>&amp;Use this model</source>
      <translation>Dieses Modell &amp;verwenden</translation>
    </message>
    <message>
      <source>&amp;Remove…</source>
      <translation>&amp;Entfernen…</translation>
    </message>
    <message>
      <source>Looking at the models…</source>
      <translation>Sehe nach den Modellen…</translation>
    </message>
    <message>
      <source>A model is being imported. Stop it? What has been fetched is kept.</source>
      <translation>Ein Modell wird importiert. Anhalten? Was geholt wurde, bleibt.</translation>
    </message>
    <message>
      <source>Choose for me (never 4 bit)</source>
      <translation>Für mich wählen (nie 4 Bit)</translation>
    </message>
    <message>
      <source>Not on this machine. The paper's full model, 8 billion parameters; its weights are imported below.</source>
      <translation>Nicht auf diesem Rechner. Das volle Modell der Veröffentlichung, 8 Milliarden Parameter; seine Gewichte werden unten importiert.</translation>
    </message>
    <message>
      <source>Small and quick, runs on any processor. Measured figures: see the project's vision results.</source>
      <translation>Klein und schnell, läuft auf jedem Prozessor. Gemessene Werte stehen in den Ergebnissen des Projekts.</translation>
    </message>
    <message>
      <source>{0} billion parameters, {1} on disk.</source>
      <translation>{0} Milliarden Parameter, {1} auf der Platte.</translation>
    </message>
    <message>
      <source>{0} million parameters, {1} on disk.</source>
      <translation>{0} Millionen Parameter, {1} auf der Platte.</translation>
    </message>
    <message>
      <source>Embedded model</source>
      <translation>Eingebautes Modell</translation>
    </message>
    <message>
      <source>Delete {0} ({1}) from this machine?</source>
      <translation>{0} ({1}) von diesem Rechner löschen?</translation>
    </message>
    <message>
      <source>The models cannot be listed.</source>
      <translation>Die Modelle können nicht aufgelistet werden.</translation>
    </message>
    <message>
      <source>Damaged: {0}. Install the plugin again.</source>
      <translation>Beschädigt: {0}. Installieren Sie das Plugin neu.</translation>
    </message>
    <message>
      <source>Cannot be used: {0}</source>
      <translation>Nicht verwendbar: {0}</translation>
    </message>
    <message>
      <source>TerraScope 8B</source>
      <translation>TerraScope 8B</translation>
    </message>
    <message>
      <source>Memory for one image and {0} tokens:</source>
      <translation>Speicher für ein Bild und {0} Token:</translation>
    </message>
    <message>
      <source>Knows: {0}.</source>
      <translation>Kennt: {0}.</translation>
    </message>
    <message>
      <source>Size: {0}.</source>
      <translation>Größe: {0}.</translation>
    </message>
    <message>
      <source>Folder: {0}</source>
      <translation>Ordner: {0}</translation>
    </message>
    <message>
      <source>SHA-256: {0}</source>
      <translation>SHA-256: {0}</translation>
    </message>
    <message>
      <source>Word embeddings: {0}.</source>
      <translation>Worteinbettungen: {0}.</translation>
    </message>
    <message>
      <source>Imported from {0}.</source>
      <translation>Importiert aus {0}.</translation>
    </message>
    <message>
      <source>Folder of an imported TerraScope model</source>
      <translation>Ordner eines importierten TerraScope-Modells</translation>
    </message>
    <message>
      <source>&amp;Model</source>
      <translation>&amp;Modell</translation>
    </message>
    <message>
      <source>Model &amp;folder</source>
      <translation>Modell&amp;ordner</translation>
    </message>
    <message>
      <source>&amp;Device</source>
      <translation>&amp;Gerät</translation>
    </message>
    <message>
      <source>&amp;Largest side at once</source>
      <translation>&amp;Längste Seite auf einmal</translation>
    </message>
    <message>
      <source>Cut larger areas into &amp;tiles at full detail (slower)</source>
      <translation>Größere Bereiche in voller Auflösung &amp;kacheln (langsamer)</translation>
    </message>
    <message>
      <source>Class &amp;colours…</source>
      <translation>Klassen&amp;farben…</translation>
    </message>
    <message>
      <source>Next to the project</source>
      <translation>Neben dem Projekt</translation>
    </message>
    <message>
      <source>Keep &amp;runs in</source>
      <translation>&amp;Läufe ablegen in</translation>
    </message>
    <message>
      <source>&amp;Environment folder</source>
      <translation>Ordner der &amp;Umgebung</translation>
    </message>
    <message>
      <source>The environment that the set-up makes</source>
      <translation>Die Umgebung, die „Einrichten“ anlegt</translation>
    </message>
    <message>
      <source>Own P&amp;ython instead</source>
      <translation>Stattdessen eigenes P&amp;ython</translation>
    </message>
    <message>
      <source>End a model that does not &amp;stop after</source>
      <translation>Modell beenden, das nicht &amp;anhält, nach</translation>
    </message>
    <message>
      <source>&amp;Language (after a restart)</source>
      <translation>&amp;Sprache (nach Neustart)</translation>
    </message>
    <message>
      <source>Write everything that the model's process says to the lo&amp;g</source>
      <translation>Alles, was der Modellprozess sagt, ins &amp;Protokoll schreiben</translation>
    </message>
    <message>
      <source>Choose for me</source>
      <translation>Selbst wählen</translation>
    </message>
    <message>
      <source>Processor (CPU)</source>
      <translation>Prozessor (CPU)</translation>
    </message>
    <message>
      <source>Graphics card (CUDA)</source>
      <translation>Grafikkarte (CUDA)</translation>
    </message>
    <message>
      <source>Apple graphics (MPS)</source>
      <translation>Apple-Grafik (MPS)</translation>
    </message>
    <message>
      <source>Embedded (small, any processor)</source>
      <translation>Eingebaut (klein, jeder Prozessor)</translation>
    </message>
    <message>
      <source>TerraScope 8B from a folder</source>
      <translation>TerraScope 8B aus einem Ordner</translation>
    </message>
    <message>
      <source>As QGIS</source>
      <translation>Wie QGIS</translation>
    </message>
    <message>
      <source>The model runs in a process and a Python environment of its own. QGIS's Python is never changed.</source>
      <translation>Das Modell läuft in einem eigenen Prozess und einer eigenen Python-Umgebung. Das Python von QGIS wird nie verändert.</translation>
    </message>
    <message>
      <source>Ask about the images. Enter asks, Shift+Enter starts a new line.</source>
      <translation>Frage zu den Bildern (auf Englisch). Eingabe fragt, Umschalt+Eingabe beginnt eine neue Zeile.</translation>
    </message>
    <message>
      <source>&amp;Multiple choice</source>
      <translation>&amp;Auswahlfrage</translation>
    </message>
    <message>
      <source>One possible answer a line: A, B, C…</source>
      <translation>Eine mögliche Antwort je Zeile: A, B, C…</translation>
    </message>
    <message>
      <source>Possible answers</source>
      <translation>Mögliche Antworten</translation>
    </message>
    <message>
      <source>Examples</source>
      <translation>Beispiele</translation>
    </message>
    <message>
      <source>History</source>
      <translation>Verlauf</translation>
    </message>
    <message>
      <source>&amp;Ask</source>
      <translation>&amp;Fragen</translation>
    </message>
    <message>
      <source>S&amp;top</source>
      <translation>&amp;Halt</translation>
    </message>
    <message>
      <source>A short question such as "and in 2010?" changes this one. Click to ask afresh.</source>
      <translation>Eine kurze Frage wie „und 2010?“ ändert diese. Ein Klick auf das Kreuz: neu fragen.</translation>
    </message>
    <message>
      <source>Follows on: {0}</source>
      <translation>Schließt an an: {0}</translation>
    </message>
    <message>
      <source>Nothing asked yet</source>
      <translation>Noch nichts gefragt</translation>
    </message>
    <message>
      <source>Earlier questions</source>
      <translation>Frühere Fragen</translation>
    </message>
    <message>
      <source>&amp;Open</source>
      <translation>Ö&amp;ffnen</translation>
    </message>
    <message>
      <source>Re&amp;name…</source>
      <translation>&amp;Umbenennen…</translation>
    </message>
    <message>
      <source>&amp;Delete…</source>
      <translation>&amp;Löschen…</translation>
    </message>
    <message>
      <source>&amp;Compare two</source>
      <translation>&amp;Zwei vergleichen</translation>
    </message>
    <message>
      <source>Open a &amp;file…</source>
      <translation>&amp;Datei öffnen…</translation>
    </message>
    <message>
      <source>Open a run</source>
      <translation>Lauf öffnen</translation>
    </message>
    <message>
      <source>Rename</source>
      <translation>Umbenennen</translation>
    </message>
    <message>
      <source>New file name</source>
      <translation>Neuer Dateiname</translation>
    </message>
    <message>
      <source>Delete</source>
      <translation>Löschen</translation>
    </message>
    <message>
      <source>Another program has the file open; trying again for 5 seconds…</source>
      <translation>Ein anderes Programm hat die Datei offen; 5 Sekunden lang wird es noch einmal versucht …</translation>
    </message>
    <message>
      <source>Question and answer</source>
      <translation>Frage und Antwort</translation>
    </message>
    <message>
      <source>When</source>
      <translation>Wann</translation>
    </message>
    <message>
      <source>Delete {0} with its masks for good? It is taken off the map too.</source>
      <translation>{0} mit allen Masken endgültig löschen? Auch von der Karte wird es genommen.</translation>
    </message>
    <message>
      <source>Kept in {0}</source>
      <translation>Abgelegt in {0}</translation>
    </message>
    <message>
      <source>{0} runs</source>
      <translation>{0} Läufe</translation>
    </message>
    <message>
      <source>The folder for runs cannot be read: {0}.</source>
      <translation>Der Ordner für Läufe kann nicht gelesen werden: {0}.</translation>
    </message>
    <message>
      <source>The model needs a Python environment of its own. It is made in your user folder; QGIS's own Python is not touched.</source>
      <translation>Das Modell braucht eine eigene Python-Umgebung. Sie wird in Ihrem Benutzerordner angelegt; das Python von QGIS bleibt unberührt.</translation>
    </message>
    <message>
      <source>Up to {0} packages, pinned and checked by their hashes. About {1} MB to download, {2} MB on disk.
Folder: {3}</source>
      <translation>Bis zu {0} Pakete, festgelegt und an ihren Prüfsummen geprüft. Etwa {1} MB herunterzuladen, {2} MB auf der Platte.
Ordner: {3}</translation>
    </message>
    <message>
      <source>Set up the model</source>
      <translation>Modell einrichten</translation>
    </message>
    <message>
      <source>Embedded model (any processor)</source>
      <translation>Eingebautes Modell (jeder Prozessor)</translation>
    </message>
    <message>
      <source>Embedded model on an NVIDIA card</source>
      <translation>Eingebautes Modell auf einer NVIDIA-Karte</translation>
    </message>
    <message>
      <source>Embedded model on a graphics card (DirectX 12)</source>
      <translation>Eingebautes Modell auf einer Grafikkarte (DirectX 12)</translation>
    </message>
    <message>
      <source>TerraScope 8B on the processor</source>
      <translation>TerraScope 8B auf dem Prozessor</translation>
    </message>
    <message>
      <source>TerraScope 8B on an NVIDIA card</source>
      <translation>TerraScope 8B auf einer NVIDIA-Karte</translation>
    </message>
    <message>
      <source>Show packages</source>
      <translation>Pakete zeigen</translation>
    </message>
    <message>
      <source>Found by itself (3.10 to 3.14)</source>
      <translation>Wird selbst gefunden (3.10 bis 3.14)</translation>
    </message>
    <message>
      <source>From the network</source>
      <translation>Aus dem Netz</translation>
    </message>
    <message>
      <source>&amp;For</source>
      <translation>&amp;Für</translation>
    </message>
    <message>
      <source>&amp;Python</source>
      <translation>&amp;Python</translation>
    </message>
    <message>
      <source>Folder of &amp;wheels (no network)</source>
      <translation>&amp;Wheel-Ordner (ohne Netz)</translation>
    </message>
    <message>
      <source>The system's</source>
      <translation>Die des Systems</translation>
    </message>
    <message>
      <source>Net&amp;work</source>
      <translation>Net&amp;z</translation>
    </message>
    <message>
      <source>Pro&amp;xy</source>
      <translation>Pro&amp;xy</translation>
    </message>
    <message>
      <source>C&amp;ertificates</source>
      <translation>Z&amp;ertifikate</translation>
    </message>
    <message>
      <source>Package in&amp;dex</source>
      <translation>Paketin&amp;dex</translation>
    </message>
    <message>
      <source>Mirror of P&amp;ython</source>
      <translation>Spiegel von P&amp;ython</translation>
    </message>
    <message>
      <source>Log</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <source>What is done appears here, line by line.</source>
      <translation>Hier steht Zeile für Zeile, was geschieht.</translation>
    </message>
    <message>
      <source>&amp;Install</source>
      <translation>&amp;Installieren</translation>
    </message>
    <message>
      <source>&amp;Cancel</source>
      <translation>&amp;Abbrechen</translation>
    </message>
    <message>
      <source>&amp;Test</source>
      <translation>&amp;Testen</translation>
    </message>
    <message>
      <source>Copy the &amp;log</source>
      <translation>Protokoll &amp;kopieren</translation>
    </message>
    <message>
      <source>What will be installed</source>
      <translation>Was installiert wird</translation>
    </message>
    <message>
      <source>Testing…</source>
      <translation>Wird getestet…</translation>
    </message>
    <message>
      <source>The installation is running. Cancel it? What has been downloaded is kept.</source>
      <translation>Die Installation läuft. Abbrechen? Geladenes bleibt erhalten.</translation>
    </message>
    <message>
      <source>Removing the environment</source>
      <translation>Umgebung wird entfernt</translation>
    </message>
    <message>
      <source>As in QGIS, else as the system</source>
      <translation>Wie in QGIS, sonst wie im System</translation>
    </message>
    <message>
      <source>The public package index</source>
      <translation>Der öffentliche Paketindex</translation>
    </message>
    <message>
      <source>The public releases</source>
      <translation>Die öffentlichen Ausgaben</translation>
    </message>
    <message>
      <source>The plugin's requirement files are missing. Install the plugin again.</source>
      <translation>Die Paketlisten der Erweiterung fehlen. Bitte die Erweiterung neu installieren.</translation>
    </message>
    <message>
      <source>Not installed.</source>
      <translation>Nicht installiert.</translation>
    </message>
    <message>
      <source>The installation was not finished.</source>
      <translation>Die Installation wurde nicht beendet.</translation>
    </message>
    <message>
      <source>&amp;Go on</source>
      <translation>&amp;Weiter</translation>
    </message>
    <message>
      <source>Installed for another version of the plugin or another model.</source>
      <translation>Für eine andere Version der Erweiterung oder ein anderes Modell installiert.</translation>
    </message>
    <message>
      <source>&amp;Update</source>
      <translation>Akt&amp;ualisieren</translation>
    </message>
    <message>
      <source>Installed.</source>
      <translation>Installiert.</translation>
    </message>
    <message>
      <source>&amp;Repair</source>
      <translation>&amp;Reparieren</translation>
    </message>
    <message>
      <source>No Python on this machine fits. May TerraScope fetch Python {0} (about 30 MB, its hash checked, from the releases of python-build-standalone)? It lies in TerraScope's own folder and is removed with it.</source>
      <translation>Auf diesem Rechner passt kein Python. Darf TerraScope Python {0} holen (etwa 30 MB, mit Prüfsumme, aus den Ausgaben von python-build-standalone)? Es liegt im eigenen Ordner von TerraScope und wird mit ihm entfernt.</translation>
    </message>
    <message>
      <source>Remove the environment in
{0}?
Runs and models are kept.</source>
      <translation>Umgebung in
{0}
entfernen? Läufe und Modelle bleiben.</translation>
    </message>
    <message>
      <source>Installed and tested, on: {0}.</source>
      <translation>Installiert und geprüft, auf: {0}.</translation>
    </message>
    <message>
      <source>In use: your own Python "{0}" (set in the settings).</source>
      <translation>In Gebrauch: Ihr eigenes Python „{0}“ (aus den Einstellungen).</translation>
    </message>
    <message>
      <source>Something does not work; the log says what.</source>
      <translation>Etwas funktioniert nicht; das Protokoll sagt, was.</translation>
    </message>
    <message>
      <source>The model's weights: {0}, {1} MB, from {2}</source>
      <translation>Die Gewichte des Modells: {0}, {1} MB, aus {2}</translation>
    </message>
    <message>
      <source>the folder of wheels</source>
      <translation>dem Ordner mit den Wheels</translation>
    </message>
    <message>
      <source>✓ It works, on: {0}.</source>
      <translation>✓ Es läuft, auf: {0}.</translation>
    </message>
    <message>
      <source>Removed. Left in "{0}", since TerraScope did not make it: {1}</source>
      <translation>Entfernt. In „{0}“ geblieben, da nicht von TerraScope angelegt: {1}</translation>
    </message>
    <message>
      <source>Previous step (Left)</source>
      <translation>Voriger Schritt (Links)</translation>
    </message>
    <message>
      <source>Play the steps</source>
      <translation>Schritte abspielen</translation>
    </message>
    <message>
      <source>Next step (Right)</source>
      <translation>Nächster Schritt (Rechts)</translation>
    </message>
    <message>
      <source>Show all</source>
      <translation>Alle zeigen</translation>
    </message>
    <message>
      <source>Show every mask together</source>
      <translation>Alle Masken zusammen zeigen</translation>
    </message>
    <message>
      <source>step {0} of {1}</source>
      <translation>Schritt {0} von {1}</translation>
    </message>
    <message>
      <source>1 step</source>
      <translation>1 Schritt</translation>
    </message>
    <message>
      <source>{0} steps</source>
      <translation>{0} Schritte</translation>
    </message>
    <message>
      <source>The reasoning appears here step by step. Each step marks the pixels that it speaks of.</source>
      <translation>Hier erscheint die Überlegung Schritt für Schritt. Jeder Schritt markiert die Pixel, von denen er spricht.</translation>
    </message>
    <message>
      <source>Reading the image…</source>
      <translation>Bild wird gelesen…</translation>
    </message>
    <message>
      <source>nothing found</source>
      <translation>nichts gefunden</translation>
    </message>
    <message>
      <source>Stopping…</source>
      <translation>Wird angehalten…</translation>
    </message>
    <message>
      <source>Marking pixels…</source>
      <translation>Pixel werden markiert…</translation>
    </message>
    <message>
      <source>Reasoning…</source>
      <translation>Überlegt…</translation>
    </message>
    <message>
      <source>Loading the model…</source>
      <translation>Modell wird geladen…</translation>
    </message>
    <message>
      <source>processor (CPU)</source>
      <translation>Prozessor (CPU)</translation>
    </message>
    <message>
      <source>graphics card (CUDA)</source>
      <translation>Grafikkarte (CUDA)</translation>
    </message>
    <message>
      <source>graphics (MPS)</source>
      <translation>Grafik (MPS)</translation>
    </message>
    <message>
      <source>graphics card (DirectX 12)</source>
      <translation>Grafikkarte (DirectX 12)</translation>
    </message>
    <message>
      <source>Apple's CoreML</source>
      <translation>CoreML von Apple</translation>
    </message>
    <message>
      <source>Certainty: not known</source>
      <translation>Sicherheit: nicht bekannt</translation>
    </message>
    <message>
      <source>Answered</source>
      <translation>Beantwortet</translation>
    </message>
    <message>
      <source>The model cannot tell</source>
      <translation>Das Modell kann es nicht sagen</translation>
    </message>
    <message>
      <source>No usable answer: the model's text broke off or repeated itself</source>
      <translation>Keine brauchbare Antwort: Der Text brach ab oder wiederholte sich</translation>
    </message>
    <message>
      <source>Stopped: the text grew too long</source>
      <translation>Angehalten: Der Text wurde zu lang</translation>
    </message>
    <message>
      <source>Stopped by you</source>
      <translation>Von Ihnen angehalten</translation>
    </message>
    <message>
      <source>Failed</source>
      <translation>Gescheitert</translation>
    </message>
    <message>
      <source>Broken off</source>
      <translation>Abgebrochen</translation>
    </message>
    <message>
      <source>Certainty {0}: doubtful</source>
      <translation>Sicherheit {0}: zweifelhaft</translation>
    </message>
    <message>
      <source>Certainty {0}</source>
      <translation>Sicherheit {0}</translation>
    </message>
    <message>
      <source>{0} pixels</source>
      <translation>{0} Pixel</translation>
    </message>
    <message>
      <source>Ask about images</source>
      <translation>Fragen zu Bildern</translation>
    </message>
    <message>
      <source>Ask a question about images</source>
      <translation>Eine Frage zu Bildern stellen</translation>
    </message>
    <message>
      <source>Answers a question about one image, an optical and a radar image, or a stack of dates. Every step of the reasoning leaves a mask; its area is measured. The run (a GeoPackage) can be opened again in the TerraScope panel.</source>
      <translation>Beantwortet eine Frage zu einem Bild, einem optischen und einem Radarbild oder einer Reihe von Daten. Jeder Schritt der Überlegung hinterlässt eine Maske, deren Fläche gemessen wird. Der Lauf (ein GeoPackage) lässt sich im TerraScope-Fenster wieder öffnen.</translation>
    </message>
    <message>
      <source>Measure a query on images</source>
      <translation>Eine Abfrage auf Bildern messen</translation>
    </message>
    <message>
      <source>Measures what a query means: areas, shares, counts, distances and changes of classes, of their parts of a size, near other ground, inside polygons, by polygon, date or class. The query is JSON; the panel keeps that of every question in its run (table run, column query).</source>
      <translation>Misst, was eine Abfrage bedeutet: Flächen, Anteile, Anzahlen, Abstände und Änderungen von Klassen, ihrer Teile ab einer Größe, nahe anderem Grund, in Polygonen, je Polygon, Datum oder Klasse. Die Abfrage ist JSON; das Fenster behält die jeder Frage in ihrem Lauf (Tabelle run, Spalte query).</translation>
    </message>
    <message>
      <source>Masks</source>
      <translation>Masken</translation>
    </message>
    <message>
      <source>"{0}" is being written by another question. Choose another name, or wait for its end.</source>
      <translation>„{0}“ wird gerade von einer anderen Frage geschrieben. Bitte einen anderen Namen wählen oder ihr Ende abwarten.</translation>
    </message>
    <message>
      <source>Images</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <source>One row a polygon of</source>
      <translation>Eine Zeile je Polygon von</translation>
    </message>
    <message>
      <source>Name of a polygon (polygons of one name are one row)</source>
      <translation>Name eines Polygons (Polygone eines Namens sind eine Zeile)</translation>
    </message>
    <message>
      <source>Layers that the question names</source>
      <translation>Layer, die die Frage nennt</translation>
    </message>
    <message>
      <source>Values</source>
      <translation>Werte</translation>
    </message>
    <message>
      <source>Run</source>
      <translation>Lauf</translation>
    </message>
    <message>
      <source>How the run ended</source>
      <translation>Wie der Lauf endete</translation>
    </message>
    <message>
      <source>GeoPackage of the run</source>
      <translation>GeoPackage des Laufs</translation>
    </message>
    <message>
      <source>Possible answers, one a line (multiple choice)</source>
      <translation>Mögliche Antworten, eine je Zeile (Auswahlfrage)</translation>
    </message>
    <message>
      <source>The question could not be answered.</source>
      <translation>Die Frage konnte nicht beantwortet werden.</translation>
    </message>
    <message>
      <source>Query (JSON)</source>
      <translation>Abfrage (JSON)</translation>
    </message>
    <message>
      <source>"{0}" is wanted for two things at once. Give the run a file of its own.</source>
      <translation>„{0}“ soll für zweierlei zugleich dienen. Bitte dem Lauf eine eigene Datei geben.</translation>
    </message>
    <message>
      <source>The query is no JSON: {0}</source>
      <translation>Die Abfrage ist kein JSON: {0}</translation>
    </message>
    <message>
      <source>"{0}" is there already and is no run. It is not replaced: choose another name.</source>
      <translation>„{0}“ gibt es schon, und es ist kein Lauf. Die Datei wird nicht ersetzt: bitte einen anderen Namen wählen.</translation>
    </message>
    <message>
      <source>The values could not be written: {0}</source>
      <translation>Die Werte konnten nicht geschrieben werden: {0}</translation>
    </message>
    <message>
      <source>Layer "{0}" is not a file. Save it as a GeoTIFF first (Layer &gt; Save As).</source>
      <translation>Layer „{0}“ ist keine Datei. Bitte zuerst als GeoTIFF speichern (Layer &gt; Speichern als).</translation>
    </message>
    <message>
      <source>Area (all of the images if empty)</source>
      <translation>Bereich (leer: die ganzen Bilder)</translation>
    </message>
    <message>
      <source>Known of the images (offset=-1000 date_order=mdy ...)</source>
      <translation>Bekanntes über die Bilder (offset=-1000 date_order=mdy ...)</translation>
    </message>
    <message>
      <source>Give at least one raster layer.</source>
      <translation>Bitte mindestens einen Rasterlayer angeben.</translation>
    </message>
    <message>
      <source>"{0}" cannot be opened as a raster.</source>
      <translation>„{0}“ lässt sich nicht als Raster öffnen.</translation>
    </message>
    <message>
      <source>The masks in "{0}" cannot be read.</source>
      <translation>Die Masken in „{0}“ sind nicht lesbar.</translation>
    </message>
    <message>
      <source>"{0}" in {1} is not understood. Write NAME=VALUE, such as offset=-1000.</source>
      <translation>„{0}“ in {1} ist nicht verständlich. Bitte NAME=WERT schreiben, etwa offset=-1000.</translation>
    </message>
    <message>
      <source>"{0}" is empty. Write what the images are to be asked.</source>
      <translation>„{0}“ ist leer. Bitte schreiben, wonach in den Bildern gefragt wird.</translation>
    </message>
    <message>
      <source>"{0}" has {1} characters; {2} are the most. Shorten it.</source>
      <translation>„{0}“ hat {1} Zeichen; höchstens {2} sind möglich. Bitte kürzen.</translation>
    </message>
    <message>
      <source>"{0}" cannot be used for "{1}": is the path right, and can QGIS open it?</source>
      <translation>„{0}“ ist für „{1}“ nicht brauchbar: Stimmt der Pfad, und kann QGIS es öffnen?</translation>
    </message>
    <message>
      <source>The masks could not be written: {0}</source>
      <translation>Die Masken konnten nicht geschrieben werden: {0}</translation>
    </message>
    <message>
      <source>Measure change between two dates</source>
      <translation>Veränderung zwischen zwei Daten messen</translation>
    </message>
    <message>
      <source>Marks what a phrase names in an earlier and a later image, and measures gain, loss and what stayed.</source>
      <translation>Markiert das Genannte in einem früheren und einem späteren Bild und misst Zuwachs, Verlust und Gebliebenes.</translation>
    </message>
    <message>
      <source>Earlier image</source>
      <translation>Früheres Bild</translation>
    </message>
    <message>
      <source>Later image</source>
      <translation>Späteres Bild</translation>
    </message>
    <message>
      <source>What to compare</source>
      <translation>Was verglichen wird</translation>
    </message>
    <message>
      <source>Gain</source>
      <translation>Zuwachs</translation>
    </message>
    <message>
      <source>Loss</source>
      <translation>Verlust</translation>
    </message>
    <message>
      <source>Unchanged</source>
      <translation>Unverändert</translation>
    </message>
    <message>
      <source>{0} (m²)</source>
      <translation>{0} (m²)</translation>
    </message>
    <message>
      <source>The model is not set up. Open the TerraScope panel and press "Set up the model…", or set TERRASCOPE_PYTHON.</source>
      <translation>Das Modell ist nicht eingerichtet. Im TerraScope-Fenster „Modell einrichten…“ drücken oder TERRASCOPE_PYTHON setzen.</translation>
    </message>
    <message>
      <source>Write it into the parameter {0}.</source>
      <translation>In den Parameter {0} schreiben.</translation>
    </message>
    <message>
      <source>Measure masks</source>
      <translation>Masken messen</translation>
    </message>
    <message>
      <source>Measures every class value of a raster (0 is outside), or every polygon of a layer: true area, share, parts, perimeter, place. The numbers are those of all masks together; the table has a row for each.</source>
      <translation>Misst jeden Klassenwert eines Rasters (0 liegt außerhalb) oder jedes Polygon einer Ebene: wahre Fläche, Anteil, Teile, Umfang, Ort. Die Zahlen gelten für alle Masken zusammen; die Tabelle hat je Maske eine Zeile.</translation>
    </message>
    <message>
      <source>Masks (raster or polygons)</source>
      <translation>Masken (Raster oder Polygone)</translation>
    </message>
    <message>
      <source>Table</source>
      <translation>Tabelle</translation>
    </message>
    <message>
      <source>Area (m²)</source>
      <translation>Fläche (m²)</translation>
    </message>
    <message>
      <source>Share (0 to 1)</source>
      <translation>Anteil (0 bis 1)</translation>
    </message>
    <message>
      <source>Number of masks</source>
      <translation>Anzahl der Masken</translation>
    </message>
    <message>
      <source>All measurements (JSON)</source>
      <translation>Alle Messwerte (JSON)</translation>
    </message>
    <message>
      <source>Give a raster of class values or a layer of polygons.</source>
      <translation>Bitte ein Raster mit Klassenwerten oder eine Ebene mit Polygonen angeben.</translation>
    </message>
    <message>
      <source>Layer "{0}" has no polygons to measure.</source>
      <translation>Ebene „{0}“ hat keine Polygone zum Messen.</translation>
    </message>
    <message>
      <source>Find what a phrase names</source>
      <translation>Finden, was ein Ausdruck nennt</translation>
    </message>
    <message>
      <source>Marks what a phrase names ("water", "the forest", "buildings") as polygons with area, share and confidence.</source>
      <translation>Markiert, was ein (englischer) Ausdruck nennt („water“, „the forest“, „buildings“), als Polygone mit Fläche, Anteil und Sicherheit.</translation>
    </message>
    <message>
      <source>What to find</source>
      <translation>Was gesucht wird</translation>
    </message>
    <message>
      <source>there is a file of that name already</source>
      <translation>eine Datei dieses Namens gibt es schon</translation>
    </message>
    <message>
      <source>"{0}" is being written by a question. Wait for its end.</source>
      <translation>„{0}“ wird gerade von einer Frage geschrieben. Bitte ihr Ende abwarten.</translation>
    </message>
    <message>
      <source>Layer "{0}" is being edited. Save or discard its changes first.</source>
      <translation>Der Layer „{0}“ wird bearbeitet. Bitte zuerst die Änderungen speichern oder verwerfen.</translation>
    </message>
    <message>
      <source>"{0}" was cut off while it was written, and its folder is read-only: this is a copy of what is whole.</source>
      <translation>„{0}“ wurde beim Schreiben abgebrochen, und der Ordner ist schreibgeschützt: dies ist eine Kopie dessen, was vollständig ist.</translation>
    </message>
  </context>
</TS>
