"""Asks a Modbus device behind raw TCP for everything it can; prints the answers as JSON.

modbus-client.py PORT rtu|ascii. Some calls of pymodbus 3.0 name the device "slave", others "unit". Where it cannot foretell an
answer's length it waits for the whole timeout, so that is short.
"""
import json
import sys
from pymodbus.client import ModbusTcpClient
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer

framers = {"rtu": ModbusRtuFramer, "ascii": ModbusAsciiFramer}
client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), framer=framers[sys.argv[2]], timeout=1)
assert client.connect()
written = client.write_registers(1, list(range(123)), slave=1)
seen = {
    "written": [written.address, written.count],
    "holding": client.read_holding_registers(0, 125, slave=1).registers,
    "inputs": client.read_input_registers(0, 2, slave=1).registers,
    "coils written": client.write_coils(3, [True, False, True] * 600, slave=1).count,
    "coils": client.read_coils(0, 2000, slave=1).bits[:9],
    "discrete": client.read_discrete_inputs(1, 1, slave=1).bits[0],
    "coil": client.write_coil(0, True, slave=1).value,
    "lamp": client.read_discrete_inputs(1, 1, slave=1).bits[0],
    "register": client.write_register(200, 0x12, slave=1).value,
    "mask": client.mask_write_register(200, 0xF2, 0x25, unit=1).function_code,
    "masked": client.readwrite_registers(
        read_address=200, read_count=2, write_address=201, write_registers=[4711], unit=1
    ).registers,
    "no such address": client.read_holding_registers(256, 1, slave=1).exception_code,
    "identity": [
        text.decode() for _, text in sorted(client.execute(ReadDeviceInformationRequest(unit=1)).information.items())
    ],
}
client.close()
print(json.dumps(seen))
