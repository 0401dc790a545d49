/** Words in Latin letters: most of the text and most of the keys. */
export const latinWords: readonly string[] = (
  "aqua silva ventus flumen mons stella nauta porta via lux umbra hortus pons turris avis equus piscis folium radix saxum " +
  "unda ripa insula caelum nubes imber nix glacies ignis cinis panis vinum oleum mel sal ferrum aurum argentum lapis vitrum " +
  "charta calamus mensa lectus fenestra clavis murus tectum ager rota navis velum remus ancora litus arena concha corallium " +
  "delphinus corvus aquila hirundo passer columba lupus ursus cervus lepus vulpes felis apis formica papilio quercus fagus " +
  "pinus salix rosa viola lilium uva malum pirum cerasus nux granum messis falx aratrum boves pastor grex lana filum textor"
).split(" ");

/** Words with letters that are often written as `\u00e9`. */
export const accentedWords: readonly string[] = (
  "été forêt rivière château garçon Brücke Straße Käse grün schön señal montaña corazón ação pão coração smörgås fjäll " +
  "ærlig ølet źródło łąka żaba čaj žlutý dağ gümüş ığdır körte fű őszi mộc"
).split(" ");

/** Words in other scripts; a text keeps to one of the lists. */
export const otherScripts: readonly (readonly string[])[] = [
  "река мост хлеб зима облако письмо дорога яблоко ветер окно камень лодка".split(" "),
  "νερό ψωμί θάλασσα γέφυρα δρόμος ήλιος πέτρα βάρκα άνεμος".split(" "),
  "წყალი პური მთა ზღვა ხიდი ქარი ქვა".split(" "),
  "ջուր հաց լեռ ծով քամի քար նավակ".split(" "),
  "מים לחם הר ים גשר רוח אבן".split(" "),
  "ماء خبز جبل بحر جسر ريح حجر".split(" "),
  "पानी रोटी पहाड़ समुद्र पुल हवा पत्थर".split(" "),
  "น้ำ ขนมปัง ภูเขา ทะเล สะพาน ลม หิน".split(" "),
  "水 パン やま うみ はし かぜ 石ころ".split(" "),
  "桥 河流 天空 面包 石头 小船 风".split(" "),
  "물 빵 바다 다리 바람 돌멩이".split(" "),
  "🌊 🍞 ⛰️ 🌉 🐟 👩‍🌾 🚣".split(" "),
];
